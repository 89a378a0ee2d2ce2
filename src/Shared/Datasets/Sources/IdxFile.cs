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
        var length = 4 + dimensions * SizeLength;
        if (!content.AsSpan().StartsWith(GzipContent.Signature))
            return Of(file.Place, ReadSizes(file.Place, content.AsSpan(0, Math.Min(length, content.Length)), dimensions, what), content.AsMemory(Math.Min(length, content.Length)));
        try
        {
            var sizes = ReadSizes(file.Place, GzipContent.UnpackStart(content, length).Span, dimensions, what);
            return Of(file.Place, sizes, GzipContent.UnpackAll(content, length + Count(sizes))[length..]);
        }
        catch (InvalidDataException exception)
        {
            throw new DatasetException($"{file.Place}: {exception.Message}", exception);
        }
    }

    /// <param name="place">The file, for messages.</param>
    /// <param name="header">The file's beginning, as long as its header, or all of it.</param>
    /// <param name="dimensions">How many it must have.</param>
    /// <param name="what">What it should hold, for messages.</param>
    private static int[] ReadSizes(string place, ReadOnlySpan<byte> header, int dimensions, string what)
    {
        if (header.Length < 4 || header[0] != 0 || header[1] != 0)
            throw new DatasetException($"{place}: no IDX file; expected MNIST's form with {what}");
        if (header[2] != UnsignedByte)
            throw new DatasetException($"{place}: values of type 0x{header[2]:X2}; expected unsigned bytes (0x08)");
        if (header[3] != dimensions)
            throw new DatasetException(FormattableString.Invariant($"{place}: {header[3]} dimensions; expected {dimensions}, with {what}"));
        if (header.Length < 4 + dimensions * SizeLength)
            throw new DatasetException($"{place}: truncated: its sizes are missing. Get the file again.");

        var sizes = new int[dimensions];
        var values = 1L;
        for (var dimension = 0; dimension < dimensions; dimension++)
        {
            var size = BinaryPrimitives.ReadUInt32BigEndian(header[(4 + dimension * SizeLength)..]);
            if (size is 0 or > int.MaxValue || (values *= size) > DatasetLimits.MaxDecodedLength)
                throw new DatasetException(FormattableString.Invariant($"{place}: a dimension of {size:N0}; expected 1 or more, and at most {DatasetLimits.MaxDecodedLength:N0} values"));
            sizes[dimension] = (int)size;
        }

        return sizes;
    }

    private static IdxFile Of(string place, int[] sizes, ReadOnlyMemory<byte> values) => values.Length == Count(sizes)
        ? new IdxFile(sizes, values)
        : throw new DatasetException(FormattableString.Invariant(
            $"{place}: {values.Length:N0} values; expected {Count(sizes):N0}, which are {string.Join(" × ", sizes)}. Get the file again."));

    private static int Count(int[] sizes) => sizes.Aggregate(1, (count, size) => count * size);
}
