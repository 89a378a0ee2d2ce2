using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>
/// Parts of sizes that hang on the client alone, of the same distribution: the images are shuffled and cut. Which sizes says each partitioner
/// for itself.
/// </summary>
public abstract class SizedPartitioner : IPartitioner
{
    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Partition(TrainingImages images)
    {
        Parts.RequireImageForEach(images);
        var random = new RandomStream(images.Seed, RandomPurpose.Partitioning);
        var order = new int[images.Labels.Length];
        for (var index = 0; index < order.Length; index++)
            order[index] = index;
        random.Shuffle(order.AsSpan());

        var sizes = Sizes(order.Length, images.Clients);
        if (sizes.ToList().IndexOf(0) is >= 0 and var empty)
        {
            throw Parts.Refused(FormattableString.Invariant(
                $"{Name} gives client-{empty} none of {order.Length:N0} images; expected fewer than {images.Clients:N0} clients, or more images"));
        }

        var parts = new int[images.Clients][];
        var first = 0;
        for (var client = 0; client < parts.Length; client++)
        {
            parts[client] = order[first..(first + sizes[client])];
            first += sizes[client];
        }

        return parts;
    }

    /// <summary>How many images each client gets, at most all of them together.</summary>
    private protected abstract IReadOnlyList<int> Sizes(int images, int clients);

    /// <summary>Sizes that differ by at most 1, the larger ones first.</summary>
    internal static List<int> Even(int images, int clients) =>
        [.. Enumerable.Range(0, clients).Select(client => images / clients + (client < images % clients ? 1 : 0))];

    /// <summary>Of n images, client i gets its share of them, ⌊n · unit(i) / Σ unit⌋, and the last also what rounding leaves: as Flower's <c>SizePartitioner</c>.</summary>
    private protected static List<int> InProportion(int images, int clients, Func<int, int> share)
    {
        var sizes = Enumerable.Range(1, clients).Select(share).ToList();
        sizes[^1] += images - sizes.Sum();
        return sizes;
    }
}
