using System.Text.Json;

namespace FlDurable.Shared.Specs;

/// <summary>Comments in a spec, and commas after the last of several, which people write and JSON does not have.</summary>
internal static class SpecComments
{
    private const byte Space = (byte)' ';

    /// <summary>Has spaces in their place, so that everything else stays where it was; what is no JSON without them either is left as it is.</summary>
    public static ReadOnlySpan<byte> Blank(ReadOnlySpan<byte> utf8Json)
    {
        if (utf8Json.IndexOf((byte)'/') < 0 && !HasLastComma(utf8Json))
            return utf8Json;
        var blanked = utf8Json.ToArray();
        var reader = new Utf8JsonReader(
            utf8Json, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Allow, AllowTrailingCommas = true, MaxDepth = SpecDocument.MaxDepth + 1 });
        try
        {
            var end = 0;
            while (reader.Read())
            {
                var (start, next) = ((int)reader.TokenStartIndex, (int)reader.BytesConsumed);
                if (reader.TokenType == JsonTokenType.Comment)
                    BlankComment(blanked.AsSpan(start..next));
                else if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
                    blanked.AsSpan(end..start).Replace((byte)',', Space);
                end = reader.TokenType == JsonTokenType.Comment ? end : next;
            }
        }
        catch (JsonException)
        {
            // Whoever parses it says where it is none.
        }

        return blanked;
    }

    /// <summary>Lines stay lines, by which errors count.</summary>
    private static void BlankComment(Span<byte> comment)
    {
        foreach (ref var letter in comment)
        {
            if (letter is not ((byte)'\n' or (byte)'\r'))
                letter = Space;
        }
    }

    private static bool HasLastComma(ReadOnlySpan<byte> utf8Json)
    {
        while (utf8Json.IndexOf((byte)',') is >= 0 and var at)
        {
            utf8Json = utf8Json[(at + 1)..].TrimStart(" \t\r\n"u8);
            if (utf8Json is [(byte)'}' or (byte)']', ..])
                return true;
        }

        return false;
    }
}
