using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>Client i, from 1, gets images in proportion to e^i.</summary>
public sealed class ExponentialPartitioner : SizedPartitioner
{
    /// <summary>As specs name it.</summary>
    public static Partitioner Named { get; } = new("exponential", _ => new ExponentialPartitioner());

    /// <inheritdoc/>
    public override string Name => "exponential";

    // In proportion to e^(i − clients), which no number of clients makes too large.
    private protected override IReadOnlyList<int> Sizes(int images, int clients)
    {
        var sum = Enumerable.Range(1, clients).Sum(client => PortableMath.Exp(client - clients));
        return InProportion(images, clients, client => (int)(PortableMath.Exp(client - clients) / sum * images));
    }
}
