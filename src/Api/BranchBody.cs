using System.Buffers;
using System.Text.Json;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Texts;

namespace FlDurable.Api;

/// <summary>The body of a request for a branch: <c>round</c>, and fields of a spec.</summary>
internal sealed class BranchBody
{
    private const string RoundField = "round";

    private readonly IReadOnlyList<JsonElement> rounds;
    private readonly IReadOnlyList<JsonProperty> fields;

    private BranchBody(IReadOnlyList<JsonElement> rounds, IReadOnlyList<JsonProperty> fields)
    {
        this.rounds = rounds;
        this.fields = fields;
    }

    /// <summary>Takes a JSON object apart.</summary>
    public static BranchBody Of(JsonElement body)
    {
        var properties = body.EnumerateObject().ToList();
        return new BranchBody(
            [.. properties.Where(property => property.Name == RoundField).Select(property => property.Value)],
            [.. properties.Where(property => property.Name != RoundField)]);
    }

    /// <summary>Whether a field of the spec is named.</summary>
    public bool Has(string field) => fields.Any(given => given.Name == field);

    /// <summary>The round to branch from.</summary>
    /// <param name="last">The parent's last round.</param>
    /// <param name="errors">Gets what is wrong with it.</param>
    public int ReadRound(int last, List<SpecError> errors)
    {
        if (rounds is [{ ValueKind: JsonValueKind.Number } given] && given.TryGetInt32(out var round) && round >= 0 && round <= last)
            return round;
        var got = rounds switch
        {
            [] => "nothing",
            [var one] => one.ValueKind is JsonValueKind.Number ? Excerpt.Counted(one.GetRawText()) : $"{one.ValueKind}".ToLowerInvariant(),
            _ => "it twice",
        };
        errors.Add(new SpecError(RoundField, FormattableString.Invariant($"expected the round to branch from, 0 to {last}, got {got}")));
        return 0;
    }

    /// <summary>
    /// The parent's spec with the given fields over it, as JSON. What the parent left to its default is so again: with other clients, its
    /// minimums follow.
    /// </summary>
    public ReadOnlySpan<byte> Over(ResolvedSpec parent)
    {
        // Which data a parent has that named none was decided once, and must not be decided otherwise for its branch.
        var spec = parent.Spec with { Id = null, Initial = null, Data = parent.Spec.Data ?? parent.Dataset.Source };
        var inherited = JsonSerializer.SerializeToElement(spec, ContractJson.Options);
        var defaults = JsonSerializer.SerializeToElement(Defaults(spec), ContractJson.Options);
        var merged = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(merged))
        {
            json.WriteStartObject();
            foreach (var property in inherited.EnumerateObject().Where(property => !Has(property.Name) && !IsDefault(property)))
                property.WriteTo(json);
            foreach (var property in fields)
            {
                json.WritePropertyName(property.Name);
                json.WriteRawValue(property.Value.GetRawText(), skipInputValidation: true); // whoever reads it says what is wrong
            }

            json.WriteEndObject();
        }

        return merged.WrittenSpan;

        bool IsDefault(JsonProperty property) => property.Name switch
        {
            "clients" => false,
            "quorum" => spec.Quorum == (Defaults(spec) with { FractionFit = spec.FractionFit, MinFitClients = spec.MinFitClients }).Quorum,
            _ => defaults.TryGetProperty(property.Name, out var value) && value.GetRawText() == property.Value.GetRawText(),
        };
    }

    private static FederationSpec Defaults(FederationSpec spec) => new() { Clients = spec.Clients };
}
