using System.IO.Compression;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using FlDurable.Shared.Pickles;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Checkpoints;

/// <summary>
/// What <c>torch.save</c> has written since 1.6: a .zip with a pickle, <c>NAME/data.pkl</c>, and a file for each storage, <c>NAME/data/KEY</c>.
/// NAME is the file's when it was saved.
/// </summary>
internal sealed class TorchArchive : ITorchFile
{
    private const string Pickle = "data.pkl";

    // ZipArchive holds the list of all entries in memory; the state of a network has a few hundred.
    private const long MaxDirectoryLength = 1 << 23;
    private const int MaxPickleLength = 1 << 26;

    private readonly Dictionary<string, ZipArchiveEntry> entries = new(StringComparer.Ordinal);
    private readonly string folder;

    private TorchArchive(ZipArchive archive, CancellationToken cancellationToken)
    {
        foreach (var entry in archive.Entries)
        {
            if (!entries.TryAdd(entry.FullName, entry))
                throw new InvalidDataException($"'{Excerpt.Printable(entry.FullName)}' is in the archive twice");
        }

        var pickles = entries.Keys.Where(name => name.Count(character => character == '/') == 1 && name.EndsWith($"/{Pickle}", StringComparison.Ordinal)).ToList();
        folder = pickles is [var only]
            ? only[..^Pickle.Length]
            : throw new InvalidDataException(pickles.Count == 0
                ? $"a .zip without a '{Pickle}' in a folder"
                : $"a .zip with {pickles.Count} files '{Pickle}'");
        if (entries.ContainsKey($"{folder}constants.pkl"))
            throw new InvalidDataException("a program in TorchScript; save the parameters of its module: torch.save(module.state_dict(), …)");
        if (entries.TryGetValue($"{folder}byteorder", out var order) && !Content(order, expected: null).Span.SequenceEqual("little"u8))
            throw new InvalidDataException("values in another byte order than little-endian");
        Root = PickleReader.Read(Content(Entry(Pickle), expected: null), new TorchVocabulary(), cancellationToken);
    }

    /// <inheritdoc/>
    public object? Root { get; }

    /// <summary>Whether a file is one, by how it begins.</summary>
    public static bool IsOne(ReadOnlySpan<byte> file) => file.StartsWith("PK\x3\x4"u8);

    /// <summary>Opens one.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or anything else.</exception>
    public static TorchArchive Open(ReadOnlyMemory<byte> file, CancellationToken cancellationToken)
    {
        var stream = new ListedStream(file);
        try
        {
            var archive = new ZipArchive(stream, ZipArchiveMode.Read);
            _ = archive.Entries;
            stream.IsListed = true;
            return new TorchArchive(archive, cancellationToken);
        }
        catch (InvalidDataException exception) when (!stream.IsListed && !stream.IsTooLong)
        {
            throw new InvalidDataException("a truncated or damaged .zip", exception);
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Read(TorchStorage storage) => Content(Entry($"data/{storage.Key}"), checked(storage.Count * storage.Type.Size));

    private ZipArchiveEntry Entry(string name) => entries.TryGetValue(folder + name, out var entry)
        ? entry
        : throw new InvalidDataException($"there is no '{Excerpt.Printable(folder + name)}' in it");

    /// <summary>An entry's content, of which the checksum is compared: <see cref="ZipArchive"/> doesn't.</summary>
    private static ReadOnlyMemory<byte> Content(ZipArchiveEntry entry, long? expected)
    {
        var name = Excerpt.Printable(entry.FullName);
        if (expected is { } length && entry.Length != length)
            throw new InvalidDataException(FormattableString.Invariant($"'{name}' has {entry.Length:N0} bytes, its values {length:N0}"));
        if (expected is null && entry.Length > MaxPickleLength)
            throw new InvalidDataException(FormattableString.Invariant($"'{name}' has {entry.Length:N0} bytes; expected at most {MaxPickleLength:N0}"));
        if (entry.IsEncrypted)
            throw new InvalidDataException($"'{name}' is encrypted");
        var content = new byte[entry.Length];
        using var stream = entry.Open();
        stream.ReadExactly(content);
        if (stream.ReadByte() >= 0)
            throw new InvalidDataException($"'{name}' is longer than it is said to be");
        return Crc32.HashToUInt32(content) == entry.Crc32 ? content : throw new InvalidDataException($"'{name}' is damaged: wrong checksum (CRC-32)");
    }

    /// <summary>A file in memory, of which only so much is read before its entries are listed.</summary>
    private sealed class ListedStream(ArraySegment<byte> file) : MemoryStream(file.Array!, file.Offset, file.Count, writable: false)
    {
        private long length;

        public ListedStream(ReadOnlyMemory<byte> file)
            : this(MemoryMarshal.TryGetArray(file, out var array) ? array : file.ToArray())
        {
        }

        public bool IsListed { get; set; }

        public bool IsTooLong => !IsListed && length > MaxDirectoryLength;

        public override int Read(byte[] buffer, int offset, int count)
        {
            var read = base.Read(buffer, offset, count);
            length += read;
            return !IsTooLong
                ? read
                : throw new InvalidDataException(FormattableString.Invariant($"its list of entries is longer than {MaxDirectoryLength:N0} bytes"));
        }
    }
}
