using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Parameters;

/// <summary>
/// Parameters as a safetensors file. The tensors' names, shapes and order are the layout's, PyTorch's <c>state_dict</c> names, so that
/// <c>safetensors.torch.load_file</c> and <c>load_state_dict</c> just work. The same values always give the same bytes.
/// </summary>
public static class Safetensors
{
    private const int Alignment = 8;
    private const int MaxNamed = 5;

    /// <summary>Writes single-precision parameters (dtype F32).</summary>
    public static byte[] Write(ModelParameters parameters) => Write<float>(parameters.Layout, parameters.Values);

    /// <summary>The same into memory of the caller's, who writes many.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="file">Where to: <see cref="MaxLength{T}"/> bytes are enough.</param>
    /// <returns>How many bytes it has.</returns>
    /// <exception cref="ArgumentException">The memory is too short.</exception>
    public static int Write(ModelParameters parameters, Span<byte> file)
    {
        RequireLittleEndian();
        var header = Header<float>(parameters.Layout);
        var values = MemoryMarshal.AsBytes(parameters.Values);
        header.CopyTo(file);
        values.CopyTo(file[header.Length..]);
        return header.Length + values.Length;
    }

    /// <summary>Reads single-precision parameters of a layout. The file's tensors may lie in any order.</summary>
    /// <exception cref="SafetensorsException">It is no valid file, or has not exactly the layout's tensors.</exception>
    public static ModelParameters Read(ReadOnlySpan<byte> file, ParameterLayout layout) => new(layout, Read<float>(file, layout));

    /// <summary>Refuses a file by its length alone, before any of it is read.</summary>
    /// <param name="length">The file's length in bytes.</param>
    /// <param name="layout">The layout that it is to have, with values of <typeparamref name="T"/>.</param>
    /// <exception cref="SafetensorsException">A header and such values are never as long.</exception>
    public static unsafe void CheckLength<T>(long length, ParameterLayout layout)
        where T : unmanaged
    {
        var values = (long)layout.Length * sizeof(T);
        var most = MaxLength<T>(layout);
        if (length < values || length > most)
        {
            throw new SafetensorsException(FormattableString.Invariant(
                $"{length} bytes can't be a file of {layout.Tensors.Count} tensors with {layout.Length} values: expected {values} to {most}"));
        }
    }

    /// <summary>The most bytes that a file of a layout has.</summary>
    public static unsafe int MaxLength<T>(ParameterLayout layout)
        where T : unmanaged
        => (int)((long)layout.Length * sizeof(T) + SafetensorsHeader.MaxLength(layout));

    /// <summary>Where the values begin in what is written of a layout.</summary>
    public static int DataOffset<T>(ParameterLayout layout)
        where T : unmanaged => Header<T>(layout).Length;

    /// <summary>What stands before the values in what is written of a layout.</summary>
    public static byte[] Header<T>(ParameterLayout layout)
        where T : unmanaged
    {
        var header = WriteHeader<T>(layout);
        var start = new byte[sizeof(ulong) + header.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(start, (ulong)header.Length);
        header.CopyTo(start, sizeof(ulong));
        return start;
    }

    /// <summary>Writes values of a layout: <see cref="float"/> as F32, <see cref="double"/> as F64.</summary>
    /// <exception cref="NotSupportedException">There is no dtype for <typeparamref name="T"/>.</exception>
    public static byte[] Write<T>(ParameterLayout layout, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        RequireLittleEndian();
        return [.. Header<T>(layout), .. MemoryMarshal.AsBytes(values)];
    }

    /// <summary>A file of tensors of any dtypes, in their order, whose values are still to be written.</summary>
    /// <param name="tensors">The tensors; of each how many bytes its values have.</param>
    /// <returns>The file, all of whose values are zero, and where they begin.</returns>
    internal static (byte[] File, int DataOffset) Begin(IReadOnlyList<(string Name, string Dtype, IReadOnlyList<int> Shape, long Length)> tensors)
    {
        var header = WriteHeader(tensors);
        var dataOffset = sizeof(ulong) + header.Length;
        var file = new byte[checked(dataOffset + tensors.Sum(tensor => tensor.Length))];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        header.CopyTo(file, sizeof(ulong));
        return (file, dataOffset);
    }

    /// <summary>Reads tensors of any dtypes, in the order of their bytes, without a copy.</summary>
    /// <exception cref="SafetensorsException">It is no valid file.</exception>
    internal static IReadOnlyList<StoredTensor> ReadAll(ReadOnlyMemory<byte> file)
    {
        var header = SafetensorsHeader.Read(file.Span, SafetensorsHeader.MaxLengthOfAny);
        return [.. header.Tensors.Select(tensor => new StoredTensor(
            tensor.Name, tensor.Dtype, tensor.Shape, file.Slice(header.DataOffset + (int)tensor.Begin, (int)(tensor.End - tensor.Begin))))];
    }

    /// <summary>Reads values of a layout: <see cref="float"/> from F32, <see cref="double"/> from F64.</summary>
    /// <exception cref="SafetensorsException">It is no valid file, or has not exactly the layout's tensors.</exception>
    public static T[] Read<T>(ReadOnlySpan<byte> file, ParameterLayout layout)
        where T : unmanaged
    {
        var values = new T[layout.Length];
        Check<T>(file, layout, values);
        return values;
    }

    /// <summary>Checks that a file has values of a layout, which it does not take memory for.</summary>
    /// <inheritdoc cref="Read{T}(ReadOnlySpan{byte}, ParameterLayout)" path="/exception"/>
    public static void Check<T>(ReadOnlySpan<byte> file, ParameterLayout layout)
        where T : unmanaged => Check<T>(file, layout, values: []);

    private static unsafe void Check<T>(ReadOnlySpan<byte> file, ParameterLayout layout, Span<T> values)
        where T : unmanaged
    {
        var header = SafetensorsHeader.Read(file, SafetensorsHeader.MaxLength(layout));
        var found = header.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        foreach (var slot in layout.Tensors)
        {
            if (!found.Remove(slot.Name, out var tensor))
                throw new SafetensorsException(PrefixOf(header.Tensors, layout) is { } prefix ? Wrapped(prefix) : $"tensor '{slot.Name}' is missing");
            if (tensor.Dtype != Dtype<T>() || !tensor.Shape.SequenceEqual(slot.Shape))
            {
                throw new SafetensorsException(
                    $"tensor '{slot.Name}' is {tensor.DtypeText} {tensor.ShapeText}, expected {Dtype<T>()} [{string.Join(", ", slot.Shape)}]");
            }

            // Checked by the header: the extent lies in the file and is that of the shape.
            var bytes = file.Slice(header.DataOffset + (int)tensor.Begin, slot.Length * sizeof(T));
            if (!values.IsEmpty)
                bytes.CopyTo(MemoryMarshal.AsBytes(values.Slice(slot.Offset, slot.Length)));
        }

        if (found.Count > 0)
            throw new SafetensorsException($"unexpected tensors: {Named([.. found.Keys])}");
    }

    private static void RequireLittleEndian()
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors are little-endian, this machine is not");
    }

    private static string Named(string[] names) =>
        string.Join(", ", names.Order(StringComparer.Ordinal).Take(MaxNamed).Select(name => Excerpt.Printable(name)))
        + (names.Length > MaxNamed ? FormattableString.Invariant($" and {names.Length - MaxNamed} more") : "");

    /// <summary>What stands before the layout's names in all of a file's, if that is the only difference.</summary>
    private static string? PrefixOf(IReadOnlyList<SafetensorsEntry> tensors, ParameterLayout layout)
    {
        if (layout.Tensors.Count == 0 || tensors.Count != layout.Tensors.Count)
            return null;
        var first = layout.Tensors[0].Name;
        var names = tensors.Select(tensor => tensor.Name).ToHashSet(StringComparer.Ordinal);
        return names
            .Where(name => name.Length > first.Length && name.EndsWith($".{first}", StringComparison.Ordinal))
            .Select(name => name[..^first.Length])
            .FirstOrDefault(prefix => layout.Tensors.All(slot => names.Contains(prefix + slot.Name)));
    }

    private static string Wrapped(string prefix)
    {
        var wrapper = prefix switch
        {
            "module." => ", as torch.nn.DataParallel has them: save model.module.state_dict()",
            "_orig_mod." => ", as torch.compile has them: save model._orig_mod.state_dict()",
            _ => ": save the state_dict of the module inside",
        };
        return $"every tensor's name begins with '{Excerpt.Printable(prefix)}'{wrapper}";
    }

    private static unsafe byte[] WriteHeader<T>(ParameterLayout layout)
        where T : unmanaged
        => WriteHeader(layout.Tensors.Select(slot => (slot.Name, Dtype<T>(), slot.Shape, (long)slot.Length * sizeof(T))));

    private static byte[] WriteHeader(IEnumerable<(string Name, string Dtype, IReadOnlyList<int> Shape, long Length)> tensors)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            long offset = 0;
            foreach (var tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Dtype);
                json.WriteStartArray("shape");
                foreach (var length in tensor.Shape)
                    json.WriteNumberValue(length);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += tensor.Length);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces after the object, so that the values are aligned.
        while (stream.Length % Alignment != 0)
            stream.WriteByte((byte)' ');
        return stream.ToArray();
    }

    private static string Dtype<T>() =>
        typeof(T) == typeof(float) ? "F32"
        : typeof(T) == typeof(double) ? "F64"
        : throw new NotSupportedException($"no safetensors dtype for {typeof(T)}");
}
