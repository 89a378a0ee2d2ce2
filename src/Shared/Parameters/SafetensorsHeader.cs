using System.Buffers.Binary;
using System.Text.Json;

namespace FlDurable.Shared.Parameters;

/// <summary>
/// The header of a safetensors file: an 8-byte little-endian length, then JSON that gives every tensor's dtype, shape and place in the
/// bytes that follow (https://github.com/huggingface/safetensors, "Format").
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limit.</summary>
    private const int MaxHeaderBytes = 100_000_000;

    private SafetensorsHeader(int dataOffset, IReadOnlyList<SafetensorsEntry> tensors)
    {
        DataOffset = dataOffset;
        Tensors = tensors;
    }

    /// <summary>Where the tensors' bytes begin in the file.</summary>
    public int DataOffset { get; }

    /// <summary>The tensors in the order of their bytes: side by side, from the first byte to the last.</summary>
    public IReadOnlyList<SafetensorsEntry> Tensors { get; }

    /// <exception cref="SafetensorsException">Anything in the header is not as the format says.</exception>
    public static SafetensorsHeader Read(ReadOnlySpan<byte> file)
    {
        if (file.Length < sizeof(ulong))
            throw new SafetensorsException($"{file.Length} bytes are too few for a safetensors file: expected at least 8 with the header's length");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(file);
        if (length > MaxHeaderBytes || length > (ulong)(file.Length - sizeof(ulong)))
        {
            throw new SafetensorsException(
                $"the header is said to be {length} bytes long, but {file.Length - sizeof(ulong)} follow (at most {MaxHeaderBytes} are allowed): "
                + "no safetensors file, or a truncated one");
        }

        var dataOffset = sizeof(ulong) + (int)length;
        var tensors = ReadEntries(file[sizeof(ulong)..dataOffset]);
        CheckCoverage(tensors, file.Length - dataOffset);
        return new SafetensorsHeader(dataOffset, tensors);
    }

    private static List<SafetensorsEntry> ReadEntries(ReadOnlySpan<byte> json)
    {
        var tensors = new List<SafetensorsEntry>();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw new SafetensorsException("the header is no JSON object");
            var names = new HashSet<string>(StringComparer.Ordinal);
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!names.Add(property.Name))
                    throw new SafetensorsException($"tensor '{property.Name}' is in the header twice");
                if (property.Name == "__metadata__")
                    CheckMetadata(property.Value);
                else
                    tensors.Add(SafetensorsEntry.Read(property));
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second is what System.Text.Json throws at a string that is no valid UTF-8 or UTF-16.
            throw new SafetensorsException($"the header is no JSON: {exception.Message}", exception);
        }

        tensors.Sort((one, other) => (one.Begin, one.End).CompareTo((other.Begin, other.End)));
        return tensors;
    }

    private static void CheckMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object || metadata.EnumerateObject().Any(entry => entry.Value.ValueKind != JsonValueKind.String))
            throw new SafetensorsException("__metadata__ is not an object of strings");
    }

    private static void CheckCoverage(List<SafetensorsEntry> tensors, long dataLength)
    {
        long end = 0;
        foreach (var tensor in tensors)
        {
            if (tensor.Begin != end)
            {
                var what = tensor.Begin < end ? "overlaps the tensor before it" : "leaves a hole before it";
                throw new SafetensorsException($"tensor '{tensor.Name}' {what}: it begins at byte {tensor.Begin}, expected {end}");
            }

            end = tensor.End;
        }

        if (end != dataLength)
            throw new SafetensorsException($"the tensors end at byte {end}, but the data is {dataLength} bytes long: truncated, or something follows");
    }
}

/// <summary>A tensor as the header describes it. The extent is that of its dtype and shape.</summary>
internal sealed record SafetensorsEntry(string Name, string Dtype, IReadOnlyList<int> Shape, long Begin, long End)
{
    public static SafetensorsEntry Read(JsonProperty property)
    {
        var fields = property.Value;
        if (fields.ValueKind != JsonValueKind.Object
            || fields.EnumerateObject().Count() != 3
            || !fields.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !fields.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array
            || !fields.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2)
        {
            throw new SafetensorsException($"tensor '{property.Name}': expected the fields dtype, shape and data_offsets [begin, end], and no other");
        }

        var entry = new SafetensorsEntry(
            property.Name, dtype.GetString()!, [.. shape.EnumerateArray().Select(Dimension)], Offset(offsets[0]), Offset(offsets[1]));
        if (entry.End - entry.Begin != entry.ByteLength())
        {
            throw new SafetensorsException(
                $"tensor '{entry.Name}': {entry.Dtype} of shape {entry.ShapeText} takes {entry.ByteLength()} bytes, "
                + $"data_offsets [{entry.Begin}, {entry.End}] say {entry.End - entry.Begin}");
        }

        return entry;

        int Dimension(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) && value >= 0
            ? value
            : throw new SafetensorsException($"tensor '{property.Name}': dimension {element.GetRawText()} is not a whole number from 0");

        long Offset(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var value) && value >= 0
            ? value
            : throw new SafetensorsException($"tensor '{property.Name}': offset {element.GetRawText()} is not a whole number from 0");
    }

    public string ShapeText => $"[{string.Join(", ", Shape)}]";

    private long BytesPerValue() => Dtype switch
    {
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" => 8,
        _ => throw new SafetensorsException($"tensor '{Name}': unknown dtype '{Dtype}'"),
    };

    private long ByteLength()
    {
        try
        {
            return Shape.Aggregate(BytesPerValue(), (product, length) => checked(product * length));
        }
        catch (OverflowException)
        {
            throw new SafetensorsException($"tensor '{Name}': shape {ShapeText} is too large");
        }
    }
}
