using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets;

/// <summary>
/// A data set's canonical bytes, which are hashed and cached: <c>FLIMAGE1</c>; channels, height, width, classes, training images and
/// test images as little-endian 32-bit integers; each class's name as a 32-bit length and UTF-8; the training records; the test records.
/// </summary>
internal static class DecodedFormat
{
    private const int FixedHeaderLength = 32;
    private const int MaxHeaderLength = 1 << 20;
    private const int MaxSide = 1 << 16;

    private static ReadOnlySpan<byte> Magic => "FLIMAGE1"u8;

    /// <summary>The parts that, one after another, are the canonical bytes.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Write(ImageDataset dataset) => [Header(dataset), dataset.Train.Records, dataset.Test.Records];

    public static string Sha256(ImageDataset dataset)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in Write(dataset))
            hash.AppendData(part.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Takes canonical bytes over, without a copy.</summary>
    /// <exception cref="InvalidDataException">They are not what <see cref="Write"/> makes.</exception>
    public static ImageDataset Read(ReadOnlyMemory<byte> content, string sha256)
    {
        var span = content.Span;
        if (span.Length < FixedHeaderLength || !span.StartsWith(Magic))
            throw new InvalidDataException("it does not begin like a decoded data set");
        var shape = new ImageShape(Number(span, 8, MaxSide), Number(span, 12, MaxSide), Number(span, 16, MaxSide));
        var classes = new string[Number(span, 20, DatasetLimits.MaxClasses)];
        var at = FixedHeaderLength;
        for (var index = 0; index < classes.Length; index++)
        {
            var length = Number(span, at, MaxHeaderLength);
            at += 4;
            if (length > span.Length - at)
                throw new InvalidDataException($"the name of class {index} ends after the data");
            classes[index] = Encoding.UTF8.GetString(span.Slice(at, length));
            at += length;
        }

        var train = (long)Number(span, 24, int.MaxValue);
        var test = (long)Number(span, 28, int.MaxValue);
        var record = 1 + (long)shape.Channels * shape.Height * shape.Width;
        if (record > DatasetLimits.MaxDecodedLength || at + (train + test) * record != span.Length)
            throw new InvalidDataException($"{span.Length} bytes; its header tells of {train} and {test} images of {shape}");
        var split = (int)(at + train * record);
        return new ImageDataset(
            classes,
            new ImageExamples(content[at..split], shape, classes.Length),
            new ImageExamples(content[split..], shape, classes.Length),
            sha256);
    }

    private static byte[] Header(ImageDataset dataset)
    {
        var names = dataset.Classes.Select(Encoding.UTF8.GetBytes).ToList();
        var header = new byte[FixedHeaderLength + names.Sum(name => 4 + name.Length)];
        Magic.CopyTo(header);
        int[] numbers =
        [
            dataset.Shape.Channels, dataset.Shape.Height, dataset.Shape.Width, dataset.Classes.Count, dataset.Train.Count, dataset.Test.Count,
        ];
        for (var index = 0; index < numbers.Length; index++)
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(Magic.Length + 4 * index), numbers[index]);
        var at = FixedHeaderLength;
        foreach (var name in names)
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(at), name.Length);
            name.CopyTo(header, at + 4);
            at += 4 + name.Length;
        }

        return header;
    }

    private static int Number(ReadOnlySpan<byte> content, int at, int most)
    {
        if (content.Length - at < 4)
            throw new InvalidDataException("it ends within its header");
        var number = BinaryPrimitives.ReadInt32LittleEndian(content[at..]);
        return number >= 0 && number <= most ? number : throw new InvalidDataException($"byte {at}: {number}, expected 0 to {most}");
    }
}
