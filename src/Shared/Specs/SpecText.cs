using System.Text.Json;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Specs;

/// <summary>Values of a spec as errors show them.</summary>
internal static class SpecText
{
    /// <summary>A value that was read.</summary>
    public static string Of(object? value) => Excerpt.Counted(value switch
    {
        null => "nothing",
        string or SpecChoice => $"'{value}'",
        _ => FormattableString.Invariant($"{value}"),
    });

    /// <summary>JSON of the wrong kind. A string is shown as a person would write it, <c>"+1"</c>, whatever the JSON has escaped of it.</summary>
    public static string Of(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String when SpecDocument.FindText(element) is { } text => Excerpt.Counted($"\"{text}\""),
        _ => Excerpt.Counted(element.GetRawText()),
    };

    public static string OneOf(IEnumerable<string> words) => $"one of {string.Join(", ", words)}";
}
