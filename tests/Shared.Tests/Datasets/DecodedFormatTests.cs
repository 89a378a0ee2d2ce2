using CsCheck;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class DecodedFormatTests
{
    private static readonly Gen<ImageDataset> Datasets =
        from channels in Gen.Int[1, 4]
        from height in Gen.Int[1, 5]
        from width in Gen.Int[1, 5]
        from classes in Gen.String[Gen.Char.AlphaNumeric, 0, 6].Array[1, 5]
        from train in Gen.Int[0, 6]
        from test in Gen.Int[0, 6]
        from label in Gen.Int[0, classes.Length - 1]
        from value in Gen.Byte
        select Create(classes, new ImageShape(channels, height, width), train, test, label, value);

    [Fact]
    public void What_is_written_is_read_again() => Datasets.Sample(dataset =>
    {
        var again = DecodedFormat.Read(BytesOf(dataset), dataset.Sha256);
        return again.Shape == dataset.Shape && again.Classes.SequenceEqual(dataset.Classes)
            && again.Train.Records.Span.SequenceEqual(dataset.Train.Records.Span)
            && again.Test.Records.Span.SequenceEqual(dataset.Test.Records.Span);
    });

    [Fact]
    public void Damaged_bytes_are_refused_or_read_but_nothing_else_happens() =>
        Gen.Select(Datasets, Gen.Int[0, 60], Gen.Byte, Gen.Int[0, 20]).Sample((dataset, at, value, cut) =>
        {
            var bytes = BytesOf(dataset);
            bytes[at % bytes.Length] = value;
            try
            {
                DecodedFormat.Read(bytes.AsMemory(0, Math.Max(0, bytes.Length - cut)), "");
            }
            catch (InvalidDataException)
            {
                // As it should be.
            }
        });

    [Fact]
    public void Other_names_shapes_or_splits_are_other_data()
    {
        var shape = new ImageShape(1, 2, 3);
        ImageDataset[] datasets =
        [
            Create(["a", "b"], shape, 2, 1, 0, 0),
            Create(["a", "c"], shape, 2, 1, 0, 0),
            Create(["ab", ""], shape, 2, 1, 0, 0),
            Create(["a", "b"], new ImageShape(1, 3, 2), 2, 1, 0, 0),
            Create(["a", "b"], shape, 1, 2, 0, 0),
            Create(["a", "b"], shape, 2, 1, 1, 0),
            Create(["a", "b"], shape, 2, 1, 0, 1),
        ];

        Assert.Equal(datasets.Length, datasets.Select(dataset => dataset.Sha256).Distinct().Count());
    }

    private static byte[] BytesOf(ImageDataset dataset) => [.. DecodedFormat.Write(dataset).SelectMany(part => part.ToArray())];

    private static ImageDataset Create(string[] classes, ImageShape shape, int train, int test, int label, byte value)
    {
        return new ImageDataset(classes, Examples(train), Examples(test));

        ImageExamples Examples(int count)
        {
            var records = new byte[count * (1 + shape.Length)];
            records.AsSpan().Fill(value);
            for (var index = 0; index < count; index++)
                records[index * (1 + shape.Length)] = (byte)label;
            return new ImageExamples(records, shape, classes.Length);
        }
    }
}
