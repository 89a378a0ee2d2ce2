using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>
/// The memory in which a data set's parts are put together, where they stay for who trains on them next: one piece, as the collector would be
/// busy with one for each client.
/// </summary>
internal sealed class KeptParts
{
    private readonly RecentData recent;
    private readonly byte[] memory;
    private readonly int[] ends;

    private KeptParts(RecentData recent, byte[] memory, int[] ends) => (this.recent, this.memory, this.ends) = (recent, memory, ends);

    /// <summary>Takes the memory, if there is room for all.</summary>
    /// <param name="recent">Where they stay; null where nobody trains on them in this process.</param>
    /// <param name="dataset">The data set.</param>
    /// <param name="parts">Which of its images to train on each client has.</param>
    public static KeptParts? Find(RecentData? recent, ImageDataset dataset, IReadOnlyList<int[]> parts)
    {
        var bytes = dataset.Test.Records.Length + parts.Sum(part => (long)part.Length * dataset.Train.RecordLength);
        if (recent is null || !recent.HasRoomFor(parts.Count + 1, bytes))
            return null;
        var ends = new int[parts.Count];
        var end = 0;
        for (var index = 0; index < ends.Length; index++)
            ends[index] = end += parts[index].Length * dataset.Train.RecordLength;
        return new KeptParts(recent, GC.AllocateUninitializedArray<byte>((int)bytes), ends);
    }

    /// <summary>Where a client's examples are put together.</summary>
    public Memory<byte> Of(int index) => memory.AsMemory()[(index == 0 ? 0 : ends[index - 1])..ends[index]];

    /// <summary>Keeps a client's examples, which were put together and written.</summary>
    public void Keep(int index, ArtifactReference data) => recent.Keep(data, Of(index));

    /// <summary>Keeps a copy of the test set, as what it is a part of may be the whole data set.</summary>
    public void KeepTest(ArtifactReference data, ImageExamples test)
    {
        var copy = memory.AsMemory(ends[^1]);
        test.Records.CopyTo(copy);
        recent.Keep(data, copy);
    }
}
