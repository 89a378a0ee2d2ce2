using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Specs;

/// <summary>A spec's JSON, before anything is known of its fields.</summary>
public static class SpecDocument
{
    /// <summary>What stands for the document where an error names a field.</summary>
    public const string Whole = "$";

    /// <summary>What names the JSON schema of a document, for editors. It is no field of a spec.</summary>
    public const string Schema = "$schema";

    // No spec has as many: it is a bound on what reading one costs.
    internal const int MaxDepth = 16;

    /// <summary>
    /// Parses a JSON object, of which every name can be read. A byte order mark before it is no part of it, nor are comments (<c>// …</c> and
    /// <c>/* … */</c>) and commas after the last of several.
    /// </summary>
    /// <exception cref="InvalidSpecException">It is none. The error names the field whose value breaks it, if one does.</exception>
    public static JsonDocument Parse(ReadOnlySpan<byte> utf8Json)
    {
        var document = ParseAny(SpecComments.Blank(utf8Json.StartsWith(Encoding.UTF8.Preamble) ? utf8Json[Encoding.UTF8.Preamble.Length..] : utf8Json));
        try
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
                throw Refused(Whole, $"expected an object, got {Excerpt.Counted(document.RootElement.GetRawText())}");
            if (utf8Json.IndexOf("\\u"u8) < 0)
                return document; // of UTF-8 only an escape can make half a surrogate pair
            foreach (var property in document.RootElement.EnumerateObject())
            {
                if (!HasName(property))
                    throw Refused(Whole, "expected a JSON object, got one with a name that is no text: half of a surrogate pair");
                if (!HasNames(property.Value))
                    throw Refused(Excerpt.Counted(property.Name), "expected names that are text, got half of a surrogate pair");
            }

            return document;
        }
        catch
        {
            document.Dispose();
            throw;
        }
    }

    /// <summary>A string's text; null if it is no string, or no Unicode.</summary>
    public static string? FindText(JsonElement element)
    {
        try
        {
            return element.ValueKind == JsonValueKind.String ? element.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair
        }
    }

    /// <summary>Whether every name in a value is text.</summary>
    private static bool HasNames(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().All(HasNames),
        JsonValueKind.Object => value.EnumerateObject().All(property => HasName(property) && HasNames(property.Value)),
        _ => true,
    };

    private static bool HasName(JsonProperty property)
    {
        try
        {
            return property.Name is not null;
        }
        catch (InvalidOperationException)
        {
            return false; // half a surrogate pair
        }
    }

    private static JsonDocument ParseAny(ReadOnlySpan<byte> utf8Json)
    {
        // What the parser leaves unchecked until a string is read.
        if (!Utf8.IsValid(utf8Json))
            throw Refused(Whole, "expected a JSON object, got bytes that are no UTF-8");
        if (!utf8Json.ContainsAnyExcept(" \t\r\n"u8))
            throw Refused(Whole, "expected a JSON object, got nothing");
        var reader = Reader(utf8Json);
        try
        {
            // JSON may have spaces after the object, and nothing else.
            var document = JsonDocument.ParseValue(ref reader);
            _ = reader.Read();
            return document;
        }
        catch (JsonException exception)
        {
            throw Refused(
                BrokenField(utf8Json),
                IsTooDeep(utf8Json) ? $"expected a JSON object of at most {MaxDepth} levels, got one of more" : $"expected a JSON object: {Place(exception)}");
        }
    }

    /// <summary>Where the text is no JSON any more, as editors count. The parser's own words are for programmers.</summary>
    private static string Place(JsonException fault) => fault is { LineNumber: { } line, BytePositionInLine: { } at }
        ? FormattableString.Invariant($"it is no JSON from line {line + 1}, byte {at + 1} on")
        : "it is no JSON";

    /// <summary>The field of the document whose value is no JSON, such as <c>NaN</c>; <see cref="Whole"/> if the document breaks elsewhere.</summary>
    private static string BrokenField(ReadOnlySpan<byte> utf8Json)
    {
        var reader = Reader(utf8Json);
        var field = Whole;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1)
                    field = Excerpt.Counted(reader.GetString()!);
                else if (reader.CurrentDepth <= 1 && reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.StartArray))
                    field = Whole;
            }

            return Whole;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return field;
        }
    }

    /// <summary>Whether it goes deeper than is read, and is JSON as far as that.</summary>
    private static bool IsTooDeep(ReadOnlySpan<byte> utf8Json)
    {
        var reader = Reader(utf8Json, MaxDepth + 1);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth == MaxDepth)
                    return true;
            }
        }
        catch (JsonException)
        {
            // It breaks before.
        }

        return false;
    }

    private static Utf8JsonReader Reader(ReadOnlySpan<byte> utf8Json, int maxDepth = MaxDepth) => new(utf8Json, new JsonReaderOptions { MaxDepth = maxDepth });

    private static InvalidSpecException Refused(string field, string message) => new([new SpecError(field, message)]);
}
