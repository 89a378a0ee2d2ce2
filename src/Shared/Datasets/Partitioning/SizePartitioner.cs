using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>Each client gets as many images as is said of it; what is left belongs to nobody.</summary>
/// <param name="partitionSizes">For each client how many, at least 1.</param>
public sealed class SizePartitioner(IReadOnlyList<int> partitionSizes) : SizedPartitioner
{
    private static readonly NumbersField PartitionSizes =
        new("partitionSizes", "For each client how many images it gets; what is left belongs to nobody.", new NumberRange(1, int.MaxValue)) { IsWhole = true, Default = [] };

    /// <summary>As specs name it.</summary>
    public static Partitioner Named { get; } = new("size", choice => new SizePartitioner([.. choice.Of(PartitionSizes).Select(size => (int)size)])) { Options = [PartitionSizes] };

    /// <inheritdoc/>
    public override string Name => "size";

    private protected override IReadOnlyList<int> Sizes(int images, int clients)
    {
        RequireSizes(partitionSizes, images, clients);
        return partitionSizes;
    }

    /// <summary>Refuses sizes that aren't one a client, or are more than there are images.</summary>
    internal static void RequireSizes(IReadOnlyList<int> sizes, int images, int clients)
    {
        if (sizes.Count != clients)
            throw Parts.Refused(FormattableString.Invariant($"partitionSizes: {sizes.Count:N0} sizes; expected one for each of {clients:N0} clients"));
        if (sizes.Any(size => size < 1))
            throw Parts.Refused(FormattableString.Invariant($"partitionSizes: {sizes.Min():N0}; expected at least 1"));
        if (sizes.Sum(size => (long)size) is var sum && sum > images)
            throw Parts.Refused(FormattableString.Invariant($"partitionSizes: {sum:N0} images together; there are only {images:N0}"));
    }
}
