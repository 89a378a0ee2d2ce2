using System.Buffers.Binary;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;

namespace FlDurable.Shared.Tests.Checkpoints;

/// <summary>Files as <c>torch.save</c> writes them, made by hand: a pickle and storages.</summary>
internal sealed class TorchFile
{
    private const string Protocol = "\u0080\u0002";

    private readonly List<(string Key, byte[] Content, long Count)> storages = [];
    private readonly StringBuilder entries = new();

    /// <summary>What else stands in the dictionary, as a pickle's instructions; keys and values.</summary>
    public TorchFile With(string instructions)
    {
        entries.Append(instructions);
        return this;
    }

    /// <summary>A tensor of single precision, its values one after another.</summary>
    public TorchFile With(string name, long[] sizes, params float[] values)
    {
        var key = Store(MemoryMarshal.AsBytes(values.AsSpan()).ToArray(), values.Length);
        return With(Text(name) + Tensor("FloatStorage", key, values.Length, 0, sizes, Strides(sizes)));
    }

    /// <summary>Adds a storage.</summary>
    /// <returns>Its key.</returns>
    public string Store(byte[] content, long count)
    {
        var key = FormattableString.Invariant($"{storages.Count}");
        storages.Add((key, content, count));
        return key;
    }

    /// <summary>The dictionary, with the attribute that a module's state has.</summary>
    public string State => $"ccollections\nOrderedDict\n)R({entries}u}}{Text("_metadata")}}}sb";

    /// <summary>As since 1.6.</summary>
    public byte[] ToZip(string? pickle = null, string folder = "archive", CompressionLevel compression = CompressionLevel.NoCompression, Action<ZipArchive>? more = null)
    {
        using var stream = new MemoryStream();
        using (var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add($"{folder}/data.pkl", Encoding.Latin1.GetBytes(pickle ?? $"{Protocol}{State}."));
            Add($"{folder}/byteorder", "little"u8);
            foreach (var (key, content, _) in storages)
                Add($"{folder}/data/{key}", content);
            Add($"{folder}/version", "3\n"u8);
            more?.Invoke(archive);

            void Add(string name, ReadOnlySpan<byte> content)
            {
                using var entry = archive.CreateEntry(name, compression).Open();
                entry.Write(content);
            }
        }

        return stream.ToArray();
    }

    /// <summary>As before 1.6.</summary>
    public byte[] ToSequence(string littleEndian = "\u0088", string? keys = null)
    {
        using var stream = new MemoryStream();
        Write("\u0080\u0002\u008a\u000alü\u009cFù j¨P\u0019.");
        Write($"{Protocol}M\u00e9\u0003.");
        Write($"{Protocol}}}{Text("little_endian")}{littleEndian}s.");
        Write($"{Protocol}{State.Replace("tQ", "NtQ", StringComparison.Ordinal)}.");
        Write($"{Protocol}](" + (keys ?? string.Concat(storages.Select(storage => Text(storage.Key)))) + "e.");
        foreach (var (_, content, count) in storages)
        {
            stream.Write(BitConverter.GetBytes(count));
            stream.Write(content);
        }

        return stream.ToArray();

        void Write(string pickle) => stream.Write(Encoding.Latin1.GetBytes(pickle));
    }

    public static string Text(string text) => $"X{Number(text.Length)}{text}";

    /// <summary>A whole number, of any size.</summary>
    public static string Whole(long number)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, number);
        return "\u008a\u0008" + Encoding.Latin1.GetString(bytes);
    }

    public static string Tensor(string type, string key, long count, long offset, long[] sizes, long[] strides) =>
        $"ctorch._utils\n_rebuild_tensor_v2\n((" +
        $"{Text("storage")}ctorch\n{type}\n{Text(key)}{Text("cpu")}{Whole(count)}tQ" +
        $"{Whole(offset)}({string.Concat(sizes.Select(Whole))}t({string.Concat(strides.Select(Whole))}t\u0089ccollections\nOrderedDict\n)RtR";

    public static long[] Strides(long[] sizes)
    {
        var strides = new long[sizes.Length];
        var stride = 1L;
        for (var dimension = sizes.Length - 1; dimension >= 0; dimension--)
        {
            strides[dimension] = stride;
            stride *= sizes[dimension];
        }

        return strides;
    }

    private static string Number(int number)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, number);
        return Encoding.Latin1.GetString(bytes);
    }
}
