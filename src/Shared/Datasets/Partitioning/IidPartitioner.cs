using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>
/// Independent and identically distributed: the images are shuffled and cut into parts whose sizes differ by at most 1, the larger ones
/// first. As Flower's <c>IidPartitioner</c> over a shuffled data set.
/// </summary>
public sealed class IidPartitioner : IPartitioner
{
    /// <inheritdoc/>
    public string Name => "iid";

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Partition(ReadOnlyMemory<byte> labels, int clients, long seed)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clients);
        if (clients > labels.Length)
        {
            throw new DatasetException(FormattableString.Invariant(
                $"clients: {clients:N0}, but there are only {labels.Length:N0} training images; expected at least one image a client"));
        }

        var order = new int[labels.Length];
        for (var index = 0; index < order.Length; index++)
            order[index] = index;
        new RandomStream(seed, RandomPurpose.Partitioning).Shuffle(order.AsSpan());

        var (least, larger) = (order.Length / clients, order.Length % clients);
        var parts = new int[clients][];
        var first = 0;
        for (var client = 0; client < clients; client++)
        {
            var length = client < larger ? least + 1 : least;
            parts[client] = order[first..(first + length)];
            first += length;
        }

        return parts;
    }
}
