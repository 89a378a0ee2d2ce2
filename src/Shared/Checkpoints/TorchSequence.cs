using System.Buffers.Binary;
using FlDurable.Shared.Pickles;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Checkpoints;

/// <summary>
/// What <c>torch.save</c> wrote before 1.6: pickles one after another (a magic number, a version, what the machine was like, what was saved, the
/// keys of its storages), then for each key the number of its values in eight bytes, and these.
/// </summary>
internal sealed class TorchSequence : ITorchFile
{
    private const long Version = 1001;

    private readonly Dictionary<string, ReadOnlyMemory<byte>> storages = new(StringComparer.Ordinal);

    private TorchSequence(object? root) => Root = root;

    /// <inheritdoc/>
    public object? Root { get; }

    // Protocol 2, and a number of ten bytes, 0x1950a86a20f9469cfc6c.
    private static ReadOnlySpan<byte> Magic => [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, (byte)'.'];

    /// <summary>Whether a file is one, by how it begins.</summary>
    public static bool IsOne(ReadOnlySpan<byte> file) => file.StartsWith(Magic);

    /// <summary>Opens one.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or anything else.</exception>
    public static TorchSequence Open(ReadOnlyMemory<byte> file, CancellationToken cancellationToken)
    {
        var vocabulary = new TorchVocabulary();
        var rest = file[Magic.Length..];
        if (Next() is not Version)
            throw new InvalidDataException(FormattableString.Invariant($"another version than {Version}"));
        if (Next() is not Dictionary<string, object?> machine || machine.GetValueOrDefault("little_endian") is not true)
            throw new InvalidDataException("values in another byte order than little-endian");
        var opened = new TorchSequence(Next());
        if (Next() is not List<object?> keys)
            throw new InvalidDataException("no list of storages");
        foreach (var key in keys)
        {
            var name = vocabulary.KeyOf(key);
            if (!vocabulary.Storages.TryGetValue(name, out var storage))
                throw new InvalidDataException($"a storage '{Excerpt.Printable(name)}' that nothing tells of");
            if (rest.Length < sizeof(long) || BinaryPrimitives.ReadInt64LittleEndian(rest.Span) is var count && count != storage.Count)
                throw new InvalidDataException($"storage '{Excerpt.Printable(name)}' is truncated, or has another length than it is said to have");
            rest = rest[sizeof(long)..];
            if (count > rest.Length / storage.Type.Size)
                throw new InvalidDataException($"storage '{Excerpt.Printable(name)}' is truncated");
            var length = (int)count * storage.Type.Size;
            if (!opened.storages.TryAdd(name, rest[..length]))
                throw new InvalidDataException($"storage '{Excerpt.Printable(name)}' is there twice");
            rest = rest[length..];
        }

        return rest.IsEmpty ? opened : throw new InvalidDataException(FormattableString.Invariant($"{rest.Length:N0} bytes behind its last storage"));

        object? Next()
        {
            var value = PickleReader.ReadFirst(rest, vocabulary, out var length, cancellationToken);
            rest = rest[length..];
            return value;
        }
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Read(TorchStorage storage) => storages.TryGetValue(storage.Key, out var content)
        ? content
        : throw new InvalidDataException($"there is no storage '{Excerpt.Printable(storage.Key)}' in it");
}
