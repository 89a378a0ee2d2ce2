using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>
/// Each client gets the examples that are its own, as the data tells: the writers of EMNIST, the hospitals of a table. As Flower's
/// <c>NaturalIdPartitioner</c>; clients are in ordinal order of what the data calls them.
/// </summary>
/// <param name="by">What tells them apart, for messages.</param>
public sealed class NaturalIdPartitioner(string by) : IPartitioner
{
    private const int MostListed = 5;

    /// <summary>As specs name it.</summary>
    public static Partitioner Named { get; } = new(NaturalIdOptions.Partitioner, choice => new NaturalIdPartitioner(choice.Of(NaturalIdOptions.By))) { Options = [NaturalIdOptions.By] };

    /// <inheritdoc/>
    public string Name => NaturalIdOptions.Partitioner;

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Partition(TrainingImages images)
    {
        if (images.Ids is not { } ids)
            throw Parts.Refused($"{Name}: this data does not tell its clients apart; expected a table, Parquet files or image files");
        if (images.Clients != ids.Names.Count)
        {
            throw new DatasetException(FormattableString.Invariant(
                $"clients: {images.Clients:N0}, but by '{Containers.EntryName.Printable(by)}' there are {ids.Names.Count:N0} ({string.Join(", ", ids.Names.Take(MostListed).Select(Containers.EntryName.Printable))}{(ids.Names.Count > MostListed ? ", …" : "")}); expected clients {ids.Names.Count}"));
        }

        var parts = new Parts(images.Clients);
        foreach (var (image, client) in ids.Clients.ToArray().Index())
            parts.Add(client, [image]);
        return parts.Shuffled(new RandomStream(images.Seed, RandomPurpose.Partitioning), "");
    }
}
