namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>Client i, from 1, gets images in proportion to i².</summary>
public sealed class SquarePartitioner : SizedPartitioner
{
    /// <summary>As specs name it.</summary>
    public static Partitioner Named { get; } = new("square", _ => new SquarePartitioner());

    /// <inheritdoc/>
    public override string Name => "square";

    private protected override IReadOnlyList<int> Sizes(int images, int clients)
    {
        var sum = (Int128)clients * (clients + 1) * (2 * (Int128)clients + 1) / 6;
        return InProportion(images, clients, client => (int)((Int128)images * client * client / sum));
    }
}
