using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets;

/// <summary>
/// A data set's canonical bytes, which are hashed and cached: <c>FLIMAGE1</c>; channels, height, width, classes, training images and
/// test images as little-endian 32-bit integers; each class's name as a 32-bit length and UTF-8; the training records; the test records.
/// What is more than images begins with <c>FLIMAGE2</c>, and has JSON before the records, likewise with its length: <see cref="Extra"/>. Where that names
/// clients, the index of each training record's comes last, a 32-bit integer each.
/// </summary>
internal static class DecodedFormat
{
    private const int FixedHeaderLength = 32;
    private const int MaxHeaderLength = 1 << 20;
    private const int MaxSide = 1 << 16;

    /// <summary>Bytes that may come beside the records.</summary>
    public const int MaxExtraLength = 1 << 26;

    private static ReadOnlySpan<byte> Magic => "FLIMAGE1"u8;

    private static ReadOnlySpan<byte> MagicWithExtra => "FLIMAGE2"u8;

    /// <summary>The parts that, one after another, are the canonical bytes.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Write(ImageDataset dataset) => dataset.NaturalIds is { } ids
        ? [Header(dataset), dataset.Train.Records, dataset.Test.Records, Clients(ids)]
        : [Header(dataset), dataset.Train.Records, dataset.Test.Records];

    public static string Sha256(ImageDataset dataset)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in Write(dataset))
            hash.AppendData(part.Span);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>What comes before the records.</summary>
    /// <param name="shape">The shape of an image.</param>
    /// <param name="classes">The classes' names.</param>
    /// <param name="train">How many images there are to train on.</param>
    /// <param name="test">How many to test on.</param>
    /// <param name="extra">The JSON of <see cref="Extra"/>; null for images alone.</param>
    public static byte[] Header(ImageShape shape, IReadOnlyList<string> classes, int train, int test, byte[]? extra = null)
    {
        var names = classes.Select(Encoding.UTF8.GetBytes).ToList();
        if (extra?.Length > MaxExtraLength)
            throw new DatasetException(FormattableString.Invariant($"the names of its columns and clients take {extra.Length:N0} bytes; expected at most {MaxExtraLength:N0}"));
        var header = new byte[FixedHeaderLength + names.Sum(name => 4 + name.Length) + (extra is null ? 0 : 4 + extra.Length)];
        (extra is null ? Magic : MagicWithExtra).CopyTo(header);
        int[] numbers = [shape.Channels, shape.Height, shape.Width, classes.Count, train, test];
        for (var index = 0; index < numbers.Length; index++)
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(Magic.Length + 4 * index), numbers[index]);
        var at = FixedHeaderLength;
        foreach (var name in names)
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(at), name.Length);
            name.CopyTo(header, at + 4);
            at += 4 + name.Length;
        }

        if (extra is not null)
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(at), extra.Length);
            extra.CopyTo(header, at + 4);
        }

        return header;
    }

    /// <summary>Takes canonical bytes over, without a copy.</summary>
    /// <exception cref="InvalidDataException">They are not what <see cref="Write"/> makes.</exception>
    public static ImageDataset Read(ReadOnlyMemory<byte> content, string sha256)
    {
        var span = content.Span;
        var hasExtra = span.StartsWith(MagicWithExtra);
        if (span.Length < FixedHeaderLength || !(hasExtra || span.StartsWith(Magic)))
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

        var extra = hasExtra ? ReadExtra(span, ref at) : null;
        if (extra?.Columns is not null)
            shape = shape with { IsTable = true };
        var train = (long)Number(span, 24, int.MaxValue);
        var test = (long)Number(span, 28, int.MaxValue);
        var record = 1 + (long)shape.Channels * shape.Height * shape.Width * (shape.IsTable ? sizeof(float) : 1);
        if (record > DatasetLimits.MaxDecodedLength || at + (train + test) * record + (extra?.Clients is null ? 0 : train * sizeof(int)) != span.Length)
            throw new InvalidDataException($"{span.Length} bytes; its header tells of {train} and {test} images of {shape}");
        var split = (int)(at + train * record);
        var end = (int)(split + test * record);
        return new ImageDataset(
            classes,
            new ImageExamples(content[at..split], shape, classes.Length),
            new ImageExamples(content[split..end], shape, classes.Length),
            sha256)
        {
            Columns = extra?.Columns,
            NaturalIds = extra?.Clients is { } names ? NaturalIds.Kept(names, ReadClients(span[end..])) : null,
        };
    }

    private static byte[] Header(ImageDataset dataset) => Header(
        dataset.Shape, dataset.Classes, dataset.Train.Count, dataset.Test.Count,
        dataset.Columns is not null || dataset.NaturalIds is not null
            ? ContractJson.SerializeToUtf8(new Extra(dataset.Columns, dataset.NaturalIds?.Names))
            : null);

    private static ReadOnlyMemory<byte> Clients(NaturalIds ids)
    {
        var bytes = new byte[ids.Clients.Length * sizeof(int)];
        foreach (var (index, client) in ids.Clients.ToArray().Index())
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(index * sizeof(int)), client);
        return bytes;
    }

    private static int[] ReadClients(ReadOnlySpan<byte> bytes)
    {
        var clients = new int[bytes.Length / sizeof(int)];
        for (var index = 0; index < clients.Length; index++)
            clients[index] = BinaryPrimitives.ReadInt32LittleEndian(bytes[(index * sizeof(int))..]);
        return clients;
    }

    private static Extra ReadExtra(ReadOnlySpan<byte> content, ref int at)
    {
        var length = Number(content, at, MaxExtraLength);
        at += 4;
        if (length > content.Length - at)
            throw new InvalidDataException("it ends within its header");
        try
        {
            var extra = ContractJson.Deserialize<Extra>(content.Slice(at, length));
            at += length;
            return extra;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"what it has beside its records is not read here: {exception.Message}", exception);
        }
    }

    private static int Number(ReadOnlySpan<byte> content, int at, int most)
    {
        if (content.Length - at < 4)
            throw new InvalidDataException("it ends within its header");
        var number = BinaryPrimitives.ReadInt32LittleEndian(content[at..]);
        return number >= 0 && number <= most ? number : throw new InvalidDataException($"byte {at}: {number}, expected 0 to {most}");
    }

    /// <summary>What there is beside records and classes.</summary>
    /// <param name="Columns">A table's columns; null for images.</param>
    /// <param name="Clients">What the data calls its clients; null where it wasn't asked.</param>
    internal sealed record Extra(IReadOnlyList<TableColumn>? Columns = null, IReadOnlyList<string>? Clients = null);
}
