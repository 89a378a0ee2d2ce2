namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>
/// Independent and identically distributed: the images are shuffled and cut into parts whose sizes differ by at most 1, the larger ones
/// first. As Flower's <c>IidPartitioner</c> over a shuffled data set.
/// </summary>
public sealed class IidPartitioner : SizedPartitioner
{
    /// <summary>As specs name it.</summary>
    public static Partitioner Named { get; } = new("iid", _ => new IidPartitioner());

    /// <inheritdoc/>
    public override string Name => "iid";

    private protected override IReadOnlyList<int> Sizes(int images, int clients) => Even(images, clients);
}
