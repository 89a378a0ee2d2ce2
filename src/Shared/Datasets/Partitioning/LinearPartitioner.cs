namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>Client i, from 1, gets images in proportion to i.</summary>
public sealed class LinearPartitioner : SizedPartitioner
{
    /// <summary>As specs name it.</summary>
    public static Partitioner Named { get; } = new("linear", _ => new LinearPartitioner());

    /// <inheritdoc/>
    public override string Name => "linear";

    // In whole numbers: in binary fractions a share that is whole can come out one too small.
    private protected override IReadOnlyList<int> Sizes(int images, int clients) =>
        InProportion(images, clients, client => (int)((Int128)images * client / ((Int128)clients * (clients + 1) / 2)));
}
