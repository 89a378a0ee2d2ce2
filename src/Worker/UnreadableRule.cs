using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlDurable.Worker;

/// <summary>
/// What becomes of a site's records that can't be read: <c>"refuse"</c>, one of them keeps the site from taking part, or <c>{"skipAtMostPercent":2}</c>, so many of a hundred image files are left out,
/// and their number told.
/// </summary>
/// <param name="SkipAtMostPercent">How many of a hundred; null for none.</param>
[JsonConverter(typeof(UnreadableRuleJson))]
public sealed record UnreadableRule(double? SkipAtMostPercent)
{
    /// <summary>None is left out.</summary>
    public static UnreadableRule Refuse { get; } = new((double?)null);
}

/// <summary>Reads and writes it as a policy has it.</summary>
internal sealed class UnreadableRuleJson : JsonConverter<UnreadableRule>
{
    private const string Word = "refuse";
    private const string Member = "skipAtMostPercent";
    private const string Expected = $"expected \"{Word}\" or {{\"{Member}\": NUMBER}}";

    /// <inheritdoc/>
    public override UnreadableRule Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String && reader.GetString() == Word)
            return UnreadableRule.Refuse;
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new JsonException(Expected);
        using var rule = JsonDocument.ParseValue(ref reader);
        return rule.RootElement.GetPropertyCount() == 1 && rule.RootElement.TryGetProperty(Member, out var percent) && percent.ValueKind == JsonValueKind.Number
            ? new UnreadableRule(percent.GetDouble())
            : throw new JsonException(Expected);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, UnreadableRule value, JsonSerializerOptions options)
    {
        if (value.SkipAtMostPercent is not { } percent)
        {
            writer.WriteStringValue(Word);
            return;
        }

        writer.WriteStartObject();
        writer.WriteNumber(Member, percent);
        writer.WriteEndObject();
    }
}
