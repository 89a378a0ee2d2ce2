using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace FlDurable.Shared.Parameters;

/// <summary>
/// Parameters as a safetensors file. The tensors' names, shapes and order are the layout's, PyTorch's <c>state_dict</c> names, so that
/// <c>safetensors.torch.load_file</c> and <c>load_state_dict</c> just work. The same values always give the same bytes.
/// </summary>
public static class Safetensors
{
    private const int Alignment = 8;

    /// <summary>Writes single-precision parameters (dtype F32).</summary>
    public static byte[] Write(ModelParameters parameters) => Write<float>(parameters.Layout, parameters.Values);

    /// <summary>Reads single-precision parameters of a layout. The file's tensors may lie in any order.</summary>
    /// <exception cref="SafetensorsException">It is no valid file, or has not exactly the layout's tensors.</exception>
    public static ModelParameters Read(ReadOnlySpan<byte> file, ParameterLayout layout) => new(layout, Read<float>(file, layout));

    /// <summary>Writes values of a layout: <see cref="float"/> as F32, <see cref="double"/> as F64.</summary>
    /// <exception cref="NotSupportedException">There is no dtype for <typeparamref name="T"/>.</exception>
    public static byte[] Write<T>(ParameterLayout layout, ReadOnlySpan<T> values)
        where T : unmanaged
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("safetensors are little-endian, this machine is not");
        var header = WriteHeader<T>(layout);
        var data = MemoryMarshal.AsBytes(values);
        var file = new byte[sizeof(ulong) + header.Length + data.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(file, (ulong)header.Length);
        header.CopyTo(file, sizeof(ulong));
        data.CopyTo(file.AsSpan(sizeof(ulong) + header.Length));
        return file;
    }

    /// <summary>Reads values of a layout: <see cref="float"/> from F32, <see cref="double"/> from F64.</summary>
    /// <exception cref="SafetensorsException">It is no valid file, or has not exactly the layout's tensors.</exception>
    public static unsafe T[] Read<T>(ReadOnlySpan<byte> file, ParameterLayout layout)
        where T : unmanaged
    {
        var header = SafetensorsHeader.Read(file);
        var found = header.Tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var values = new T[layout.Length];
        foreach (var slot in layout.Tensors)
        {
            if (!found.Remove(slot.Name, out var tensor))
                throw new SafetensorsException($"tensor '{slot.Name}' is missing");
            if (tensor.Dtype != Dtype<T>() || !tensor.Shape.SequenceEqual(slot.Shape))
            {
                throw new SafetensorsException(
                    $"tensor '{slot.Name}' is {tensor.Dtype} {tensor.ShapeText}, expected {Dtype<T>()} [{string.Join(", ", slot.Shape)}]");
            }

            // Checked by the header: the extent lies in the file and is that of the shape.
            var bytes = file.Slice(header.DataOffset + (int)tensor.Begin, slot.Length * sizeof(T));
            bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan(slot.Offset, slot.Length)));
        }

        return found.Count == 0
            ? values
            : throw new SafetensorsException($"unexpected tensors: {string.Join(", ", found.Keys.Order(StringComparer.Ordinal).Take(5))}");
    }

    private static unsafe byte[] WriteHeader<T>(ParameterLayout layout)
        where T : unmanaged
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            foreach (var slot in layout.Tensors)
            {
                json.WriteStartObject(slot.Name);
                json.WriteString("dtype", Dtype<T>());
                json.WriteStartArray("shape");
                foreach (var length in slot.Shape)
                    json.WriteNumberValue(length);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue((long)slot.Offset * sizeof(T));
                json.WriteNumberValue((long)(slot.Offset + slot.Length) * sizeof(T));
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
