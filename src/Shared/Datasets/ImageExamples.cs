using System.Buffers.Binary;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets;

/// <summary>
/// Labelled images in CIFAR-10's binary form: records of one label byte and then the pixels, 0 to 255, in the order of
/// <see cref="ImageShape"/>, or the numbers of a table's row, 32 bits each, little-endian. A view: it shares the memory that it was made of,
/// and may be of some of the records there.
/// </summary>
public readonly struct ImageExamples
{
    private readonly ReadOnlyMemory<byte> records;

    // Which of the records, in their order, from the first one on; null where they are all of them.
    private readonly int[]? chosen;
    private readonly int first;

    /// <summary>Takes records over, without a copy.</summary>
    /// <exception cref="InvalidDataException">The length is not a whole number of records, or a label is not below <paramref name="classes"/>.</exception>
    public ImageExamples(ReadOnlyMemory<byte> records, ImageShape shape, int classes)
    {
        Shape = shape;
        Classes = classes;
        this.records = records;
        if (records.Length % RecordLength != 0)
        {
            throw new InvalidDataException(
                $"{records.Length} bytes are not a whole number of records of {RecordLength} bytes (1 label, and {shape.Examples})");
        }

        Count = records.Length / RecordLength;
        for (var index = 0; index < Count; index++)
        {
            if (Label(index) >= classes)
                throw new InvalidDataException($"record {index} (byte {(long)index * RecordLength}): label {Label(index)}, expected 0 to {classes - 1}");
        }
    }

    private ImageExamples(ImageExamples whole, ReadOnlyMemory<byte> records, int[]? chosen, int first, int count, int classes)
    {
        Shape = whole.Shape;
        Classes = classes;
        Count = count;
        this.records = records;
        this.chosen = chosen;
        this.first = first;
    }

    /// <summary>The shape of every image.</summary>
    public ImageShape Shape { get; }

    /// <summary>Labels are below this.</summary>
    public int Classes { get; }

    /// <summary>Bytes of one record.</summary>
    public int RecordLength => Shape.RecordLength;

    /// <summary>The number of images.</summary>
    public int Count { get; }

    /// <summary>All records, one after another; a copy where they are not so in memory.</summary>
    public ReadOnlyMemory<byte> Records
    {
        get
        {
            if (chosen is null)
                return records;
            var copy = GC.AllocateUninitializedArray<byte>(checked(Count * RecordLength));
            CopyRecords(copy);
            return copy;
        }
    }

    /// <summary>One record: label, then pixels. All records are in one piece of memory.</summary>
    public ReadOnlySpan<byte> Record(int index)
    {
        var length = RecordLength;
        return records.Span.Slice((chosen is null ? index : chosen.AsSpan(first, Count)[index]) * length, length);
    }

    /// <summary>An image's label.</summary>
    public int Label(int index) => Record(index)[0];

    /// <summary>An image's pixels, <see cref="ImageShape.Length"/> of them; of a table's row the bytes of its numbers.</summary>
    public ReadOnlySpan<byte> Pixels(int index) => Record(index)[1..];

    /// <summary>Copies the numbers of a table's row.</summary>
    /// <param name="index">Which row.</param>
    /// <param name="numbers">Where to: <see cref="ImageShape.Length"/> of them.</param>
    /// <exception cref="InvalidOperationException">They are images.</exception>
    public void CopyNumbers(int index, Span<float> numbers)
    {
        if (!Shape.IsTable)
            throw new InvalidOperationException("images have pixels, not numbers");
        var bytes = Pixels(index);
        for (var at = 0; at < numbers.Length; at++)
            numbers[at] = BinaryPrimitives.ReadSingleLittleEndian(bytes[(at * sizeof(float))..]);
    }

    /// <summary>Consecutive examples, without a copy.</summary>
    public ImageExamples Slice(int first, int count)
    {
        if (chosen is null)
            return new ImageExamples(this, records.Slice(first * RecordLength, count * RecordLength), chosen: null, first: 0, count, Classes);
        _ = chosen.AsSpan(this.first, Count).Slice(first, count);
        return new ImageExamples(this, records, chosen, this.first + first, count, Classes);
    }

    /// <summary>Some examples, in an order of one's own, without a copy of them.</summary>
    /// <param name="indexes">Which.</param>
    internal ImageExamples Choose(ReadOnlySpan<int> indexes)
    {
        var places = indexes.ToArray();
        if (chosen is not null)
        {
            foreach (ref var place in places.AsSpan())
                place = chosen.AsSpan(first, Count)[place];
        }

        return new ImageExamples(this, records, places, first: 0, places.Length, Classes);
    }

    /// <summary>The same examples for more classes, of which they have none.</summary>
    internal ImageExamples AmongMore(int classes) => new(this, records, chosen, first, Count, Math.Max(classes, Classes));

    /// <summary>Copies all records, one after another.</summary>
    /// <param name="to">Where to: at least <see cref="Count"/> · <see cref="RecordLength"/> bytes.</param>
    internal void CopyRecords(Span<byte> to)
    {
        for (var index = 0; index < Count; index++)
            Record(index).CopyTo(to[(index * RecordLength)..]);
    }
}
