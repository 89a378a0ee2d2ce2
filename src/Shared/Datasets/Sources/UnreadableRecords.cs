using System.Collections.Concurrent;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>The images of a data set that can't be read, where some may be left out.</summary>
internal sealed class UnreadableRecords
{
    private readonly ConcurrentDictionary<(bool IsTrain, int Position), string> reasons = new();

    /// <summary>Why each was left out, in the order of the images.</summary>
    public IReadOnlyList<string> Reasons => [.. reasons.OrderBy(one => !one.Key.IsTrain).ThenBy(one => one.Key.Position).Select(one => one.Value)];

    /// <summary>Too many can't be read.</summary>
    /// <param name="where">Of what data set.</param>
    /// <param name="total">Of how many images.</param>
    /// <param name="percent">How many of a hundred may be left out.</param>
    /// <param name="reasons">Why each can't be.</param>
    public static DatasetException TooMany(string where, int total, double percent, IReadOnlyList<string> reasons) => new(FormattableString.Invariant(
        $"{where}: {reasons.Count:N0} of {total:N0} images can't be read; expected at most {percent}%. The first: {reasons[0]}"));

    /// <summary>Leaves an image out.</summary>
    public void Add(ImageSlot slot, string reason) => reasons[(slot.IsTrain, slot.Position)] = reason;

    /// <summary>Records without those of the images that are left out.</summary>
    public byte[] Without(bool isTrain, byte[] records, ImageShape shape)
    {
        var length = 1 + shape.Length;
        var kept = Kept(isTrain, records.Length / length).ToList();
        if (kept.Count == records.Length / length)
            return records;
        var left = GC.AllocateUninitializedArray<byte>(kept.Count * length);
        foreach (var (to, from) in kept.Index())
            records.AsSpan(from * length, length).CopyTo(left.AsSpan(to * length));
        return left;
    }

    /// <summary>What is known of each training image, without those that are left out.</summary>
    public IReadOnlyList<T> Without<T>(IReadOnlyList<T> ofTrain) => [.. Kept(isTrain: true, ofTrain.Count).Select(position => ofTrain[position])];

    private IEnumerable<int> Kept(bool isTrain, int count) => Enumerable.Range(0, count).Where(position => !reasons.ContainsKey((isTrain, position)));
}
