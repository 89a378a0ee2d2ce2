using System.Text;
using System.Text.Json;
using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator;

/// <summary>Failure messages as they travel: on one line, and in bounded length.</summary>
internal static class Reasons
{
    /// <summary>Shortens a message so that it takes at most so many bytes within a JSON message.</summary>
    public static string Shorten(string reason, int maxJsonBytes)
    {
        const char ellipsis = '…';
        var line = string.Join(' ', reason.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        if (JsonBytes(line) <= maxJsonBytes)
            return line;
        var shortened = new StringBuilder();
        var left = maxJsonBytes - JsonBytes(ellipsis.ToString());
        foreach (var rune in line.EnumerateRunes())
        {
            left -= JsonBytes(rune.ToString());
            if (left < 0)
                break;
            shortened.Append(rune);
        }

        return shortened.Append(ellipsis).ToString();
    }

    private static int JsonBytes(string text) => JsonEncodedText.Encode(text, ContractJson.Options.Encoder).EncodedUtf8Bytes.Length;
}
