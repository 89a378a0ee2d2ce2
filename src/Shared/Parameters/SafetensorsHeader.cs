using System.Buffers.Binary;
using System.Text.Json;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Parameters;

/// <summary>
/// The header of a safetensors file: an 8-byte little-endian length, then JSON that gives every tensor's dtype, shape and place in the
/// bytes that follow (https://github.com/huggingface/safetensors, "Format").
/// </summary>
internal sealed class SafetensorsHeader
{
    // The format allows 100 MB. Whoever knows how many tensors there must be need not take that much in.
    private const int MaxMetadataBytes = 1 << 20;
    private const int MaxTensorBytes = 1 << 10;

    /// <summary>The longest header that is looked into where the tensors are not known.</summary>
    public const int MaxLengthOfAny = 1 << 24;

    private SafetensorsHeader(int dataOffset, IReadOnlyList<SafetensorsEntry> tensors)
    {
        DataOffset = dataOffset;
        Tensors = tensors;
    }

    /// <summary>Where the tensors' bytes begin in the file.</summary>
    public int DataOffset { get; }

    /// <summary>The tensors in the order of their bytes: side by side, from the first byte to the last.</summary>
    public IReadOnlyList<SafetensorsEntry> Tensors { get; }

    /// <summary>The longest header of a file with a layout's tensors, the eight bytes of its length included.</summary>
    public static int MaxLength(ParameterLayout layout) =>
        sizeof(ulong) + MaxMetadataBytes + layout.Tensors.Sum(slot => MaxTensorBytes + (6 * slot.Name.Length)); // \u0041 for each character

    /// <param name="file">The file.</param>
    /// <param name="maxLength">The longest header that is looked into, the eight bytes of its length included.</param>
    /// <exception cref="SafetensorsException">Anything in the header is not as the format says, or it is too long.</exception>
    public static SafetensorsHeader Read(ReadOnlySpan<byte> file, int maxLength)
    {
        if (file.Length < sizeof(ulong))
            throw new SafetensorsException($"{file.Length} bytes are too few for a safetensors file: expected at least 8 with the header's length");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(file);
        var most = (ulong)(maxLength - sizeof(ulong));
        if (length > most || length > (ulong)(file.Length - sizeof(ulong)))
        {
            throw new SafetensorsException(
                $"the header is said to be {length} bytes long, but {file.Length - sizeof(ulong)} follow (at most {most} are allowed here): "
                + "no safetensors file, or a truncated one");
        }

        var dataOffset = sizeof(ulong) + (int)length;
        var tensors = ReadEntries(file[sizeof(ulong)..dataOffset]);
        CheckCoverage(tensors, file.Length - dataOffset);
        return new SafetensorsHeader(dataOffset, tensors);
    }

    private static ReadOnlySpan<byte> JsonSpace => " \t\r\n"u8;

    private static List<SafetensorsEntry> ReadEntries(ReadOnlySpan<byte> json)
    {
        if (json is not [(byte)'{', ..])
            throw new SafetensorsException("the header is no JSON object: expected it to begin with '{'");
        var tensors = new List<SafetensorsEntry>();
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
            using var document = JsonDocument.ParseValue(ref reader);
            if (json[(int)reader.BytesConsumed..].ContainsAnyExcept(JsonSpace))
                throw new SafetensorsException("something follows the object of the header: expected spaces only");
            ReadEntries(document.RootElement, tensors);
        }
        catch (JsonException exception)
        {
            throw new SafetensorsException($"the header is no JSON: it breaks at byte {exception.BytePositionInLine ?? 0}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // What System.Text.Json throws at a string that is no valid UTF-8 or UTF-16.
            throw new SafetensorsException("the header is no JSON: a string in it is no text", exception);
        }

        tensors.Sort((one, other) => (one.Begin, one.End).CompareTo((other.Begin, other.End)));
        return tensors;
    }

    private static void ReadEntries(JsonElement header, List<SafetensorsEntry> tensors)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in header.EnumerateObject())
        {
            if (!names.Add(property.Name))
                throw new SafetensorsException($"tensor '{Excerpt.Printable(property.Name)}' is in the header twice");
            if (property.Name == "__metadata__")
                CheckMetadata(property.Value);
            else
                tensors.Add(SafetensorsEntry.Read(property));
        }
    }

    private static void CheckMetadata(JsonElement metadata)
    {
        if (metadata.ValueKind != JsonValueKind.Object || metadata.EnumerateObject().Any(entry => entry.Value.ValueKind != JsonValueKind.String))
            throw new SafetensorsException("__metadata__ is not an object of strings");
        var keys = new HashSet<string>(StringComparer.Ordinal);
        foreach (var entry in metadata.EnumerateObject())
        {
            _ = entry.Value.GetString();
            if (!keys.Add(entry.Name))
                throw new SafetensorsException($"'{Excerpt.Printable(entry.Name)}' is in __metadata__ twice");
        }
    }

    private static void CheckCoverage(List<SafetensorsEntry> tensors, long dataLength)
    {
        long end = 0;
        foreach (var tensor in tensors)
        {
            if (tensor.Begin != end)
            {
                var what = tensor.Begin < end ? "overlaps the tensor before it" : "leaves a hole before it";
                throw new SafetensorsException($"tensor '{tensor.NameText}' {what}: it begins at byte {tensor.Begin}, expected {end}");
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
    private const int MaxDimensionsShown = 8;

    /// <summary>The name for a message.</summary>
    public string NameText => Excerpt.Printable(Name);

    /// <summary>The dtype for a message.</summary>
    public string DtypeText => Excerpt.Printable(Dtype);

    /// <summary>The shape for a message.</summary>
    public string ShapeText => Shape.Count <= MaxDimensionsShown
        ? $"[{string.Join(", ", Shape)}]"
        : $"[{string.Join(", ", Shape.Take(MaxDimensionsShown))}, …] of {Shape.Count} dimensions";

    public static SafetensorsEntry Read(JsonProperty property)
    {
        var name = Excerpt.Printable(property.Name);
        var fields = property.Value;
        if (fields.ValueKind != JsonValueKind.Object
            || fields.EnumerateObject().Count() != 3
            || !fields.TryGetProperty("dtype", out var dtype) || dtype.ValueKind != JsonValueKind.String
            || !fields.TryGetProperty("shape", out var shape) || shape.ValueKind != JsonValueKind.Array
            || !fields.TryGetProperty("data_offsets", out var offsets) || offsets.ValueKind != JsonValueKind.Array || offsets.GetArrayLength() != 2)
        {
            throw new SafetensorsException($"tensor '{name}': expected the fields dtype, shape and data_offsets [begin, end], and no other");
        }

        var entry = new SafetensorsEntry(
            property.Name, dtype.GetString()!, [.. shape.EnumerateArray().Select(Dimension)], Offset(offsets[0]), Offset(offsets[1]));
        if (entry.End - entry.Begin != entry.ByteLength())
        {
            throw new SafetensorsException(
                $"tensor '{name}': {entry.DtypeText} of shape {entry.ShapeText} takes {entry.ByteLength()} bytes, "
                + $"data_offsets [{entry.Begin}, {entry.End}] say {entry.End - entry.Begin}");
        }

        return entry;

        int Dimension(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt32(out var value) && value >= 0
            ? value
            : throw new SafetensorsException($"tensor '{name}': dimension {Excerpt.Printable(element.GetRawText())} is not a whole number from 0");

        long Offset(JsonElement element) => element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out var value) && value >= 0
            ? value
            : throw new SafetensorsException($"tensor '{name}': offset {Excerpt.Printable(element.GetRawText())} is not a whole number from 0");
    }

    private long BytesPerValue() => Dtype switch
    {
        "BOOL" or "U8" or "I8" or "F8_E4M3" or "F8_E5M2" => 1,
        "U16" or "I16" or "F16" or "BF16" => 2,
        "U32" or "I32" or "F32" => 4,
        "U64" or "I64" or "F64" => 8,
        _ => throw new SafetensorsException($"tensor '{NameText}': unknown dtype '{DtypeText}'"),
    };

    private long ByteLength()
    {
        try
        {
            return Shape.Aggregate(BytesPerValue(), (product, length) => checked(product * length));
        }
        catch (OverflowException)
        {
            throw new SafetensorsException($"tensor '{NameText}': shape {ShapeText} is too large");
        }
    }
}
