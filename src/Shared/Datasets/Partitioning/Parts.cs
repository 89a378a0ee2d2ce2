using System.Runtime.InteropServices;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>The parts of a division while they are filled.</summary>
internal sealed class Parts
{
    private readonly List<int>[] parts;

    /// <summary>Begins with nothing in any part.</summary>
    public Parts(int clients) => parts = [.. Enumerable.Range(0, clients).Select(_ => new List<int>())];

    /// <summary>How many images each part has.</summary>
    public IEnumerable<int> Sizes => parts.Select(part => part.Count);

    /// <summary>How many images a part has.</summary>
    public int SizeOf(int client) => parts[client].Count;

    /// <summary>Puts images into a part.</summary>
    public void Add(int client, ReadOnlySpan<int> images) => parts[client].AddRange(images);

    /// <summary>The parts, each in random order.</summary>
    /// <param name="random">What orders them.</param>
    /// <param name="advice">What the spec could ask for instead, where a part is empty.</param>
    /// <exception cref="DatasetException">A part is empty.</exception>
    public int[][] Shuffled(RandomStream random, string advice)
    {
        if (Array.FindIndex(parts, part => part.Count == 0) is >= 0 and var empty)
            throw Refused(FormattableString.Invariant($"{ClientNames.Of(empty)} would get no image; {advice}"));
        foreach (var part in parts)
            random.Shuffle(CollectionsMarshal.AsSpan(part));
        return [.. parts.Select(part => part.ToArray())];
    }

    /// <summary>What is thrown where images can't be divided as the spec asks.</summary>
    public static DatasetException Refused(string why) => new($"partitioner: {why}");

    /// <summary>Refuses more clients than images.</summary>
    /// <exception cref="DatasetException">There are more.</exception>
    public static void RequireImageForEach(TrainingImages images)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(images.Clients);
        if (images.Clients > images.Labels.Length)
        {
            throw new DatasetException(FormattableString.Invariant(
                $"clients: {images.Clients:N0}, but there are only {images.Labels.Length:N0} training images; expected at least one image a client"));
        }
    }
}
