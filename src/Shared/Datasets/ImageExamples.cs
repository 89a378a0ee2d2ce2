using System.Buffers.Binary;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets;

/// <summary>
/// Labelled images in CIFAR-10's binary form: records of one label byte and then the pixels, 0 to 255, in the order of
/// <see cref="ImageShape"/>, or the numbers of a table's row, 32 bits each, little-endian. A view: it shares the memory that it was made of.
/// </summary>
public readonly struct ImageExamples
{
    private readonly ReadOnlyMemory<byte> records;

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

        for (var index = 0; index < Count; index++)
        {
            if (Label(index) >= classes)
                throw new InvalidDataException($"record {index} (byte {(long)index * RecordLength}): label {Label(index)}, expected 0 to {classes - 1}");
        }
    }

    private ImageExamples(ImageExamples whole, int first, int count)
    {
        Shape = whole.Shape;
        Classes = whole.Classes;
        records = whole.records.Slice(first * RecordLength, count * RecordLength);
    }

    /// <summary>The shape of every image.</summary>
    public ImageShape Shape { get; }

    /// <summary>Labels are below this.</summary>
    public int Classes { get; }

    /// <summary>Bytes of one record.</summary>
    public int RecordLength => Shape.RecordLength;

    /// <summary>The number of images.</summary>
    public int Count => records.Length / RecordLength;

    /// <summary>All records.</summary>
    public ReadOnlyMemory<byte> Records => records;

    /// <summary>One record: label, then pixels.</summary>
    public ReadOnlySpan<byte> Record(int index) => records.Span.Slice(index * RecordLength, RecordLength);

    /// <summary>An image's label.</summary>
    public int Label(int index) => records.Span[index * RecordLength];

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
    public ImageExamples Slice(int first, int count) => new(this, first, count);
}
