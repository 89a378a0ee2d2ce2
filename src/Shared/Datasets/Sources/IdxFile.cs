using System.Buffers.Binary;
using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// A file in the IDX format of MNIST (LeCun, Cortes and Burges, http://yann.lecun.com/exdb/mnist): two zeros, a type, the number of dimensions,
/// each dimension's size (32 bits, big-endian), and the values. Packed by gzip or not: content decides.
/// </summary>
/// <param name="Sizes">The size of each dimension.</param>
/// <param name="Values">Unsigned bytes, the last dimension's beside each other.</param>
internal sealed record IdxFile(IReadOnlyList<int> Sizes, ReadOnlyMemory<byte> Values)
{
    private const byte UnsignedByte = 8;
    private const int SizeLength = 4;

    /// <summary>Reads a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="dimensions">How many it must have.</param>
    /// <param name="what">What it should hold, for messages.</param>
    /// <exception cref="DatasetException">It is damaged, or of another form.</exception>
    public static IdxFile Read(ContainedFile file, int dimensions, string what)
    {
        var content = file.ReadAll();
        if (!content.AsSpan().StartsWith(GzipContent.Signature))
            return Read(file.Place, content, dimensions, what);
        try
        {
            return Read(file.Place, GzipContent.UnpackAll(content, DatasetLimits.MaxDecodedLength), dimensions, what);
        }
        catch (InvalidDataException exception)
        {
            throw new DatasetException($"{file.Place}: {exception.Message}", exception);
        }
    }

    private static IdxFile Read(string place, ReadOnlyMemory<byte> content, int dimensions, string what)
    {
        var header = 4 + dimensions * SizeLength;
        var span = content.Span;
        if (span.Length < 4 || span[0] != 0 || span[1] != 0)
            throw new DatasetException($"{place}: no IDX file; expected MNIST's form with {what}");
        if (span[2] != UnsignedByte)
            throw new DatasetException($"{place}: values of type 0x{span[2]:X2}; expected unsigned bytes (0x08)");
        if (span[3] != dimensions)
            throw new DatasetException(FormattableString.Invariant($"{place}: {span[3]} dimensions; expected {dimensions}, with {what}"));
        if (span.Length < header)
            throw new DatasetException($"{place}: truncated: its sizes are missing. Get the file again.");

        var sizes = new int[dimensions];
        var values = 1L;
        for (var dimension = 0; dimension < dimensions; dimension++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(span[(4 + dimension * SizeLength)..]);
            if (size is 0 or > int.MaxValue || (values *= size) > DatasetLimits.MaxDecodedLength)
                throw new DatasetException(FormattableString.Invariant($"{place}: a dimension of {size:N0}; expected 1 or more, and at most {DatasetLimits.MaxDecodedLength:N0} values"));
            sizes[dimension] = (int)size;
        }

        return values == span.Length - header
            ? new IdxFile(sizes, content[header..])
            : throw new DatasetException(FormattableString.Invariant(
                $"{place}: {span.Length - header:N0} values; expected {values:N0}, which are {string.Join(" × ", sizes)}. Get the file again."));
    }
}
