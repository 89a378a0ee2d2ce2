using System.Text;
using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Failures;

/// <summary>Reasons for failures as they travel: on one line, without characters that whoever shows them acts on, and in bounded length.</summary>
public static class Reasons
{
    private const char Ellipsis = '…';

    /// <summary>Shortens a reason so that it takes at most so many bytes within a JSON message.</summary>
    public static string Shorten(string reason, int maxJsonBytes)
    {
        var shortened = new StringBuilder();
        var fitting = 0; // of it, with an ellipsis behind
        var bytes = 0;
        var isGap = false;
        foreach (var rune in reason.EnumerateRunes())
        {
            if ((rune.IsBmp && ActingCharacters.Contains((char)rune.Value)) || (isGap && rune.Value == ' '))
            {
                isGap = true;
                continue;
            }

            if (isGap && shortened.Length > 0)
                Append(new Rune(' '));
            isGap = false;
            Append(rune);
            if (bytes > maxJsonBytes)
                return shortened.Remove(fitting, shortened.Length - fitting).Append(Ellipsis).ToString();
        }

        return shortened.ToString();

        void Append(Rune rune)
        {
            shortened.Append(rune);
            bytes += JsonBytes(rune.ToString());
            if (bytes + JsonBytes($"{Ellipsis}") <= maxJsonBytes)
                fitting = shortened.Length;
        }
    }

    private static int JsonBytes(string text) => JsonEncodedText.Encode(text, ContractJson.Options.Encoder).EncodedUtf8Bytes.Length;
}
