using System.Buffers;
using System.Text.Json;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Specs;

/// <summary>The spec of a branch: the one of the federation that it branches from, with those fields over it that are given.</summary>
public static class BranchSpec
{
    /// <summary>
    /// The branch's spec as JSON, without id and initial parameters unless they are given. What the parent left to its default is so again:
    /// with other clients, its minimums follow.
    /// </summary>
    /// <param name="parent">What the other federation was started with.</param>
    /// <param name="given">The given fields. Whoever reads the spec says what is wrong with them.</param>
    public static byte[] Over(ResolvedSpec parent, IReadOnlyList<JsonProperty> given)
    {
        // Which data a parent has that named none was decided once, and must not be decided otherwise for its branch.
        var spec = parent.Spec with { Id = null, Initial = null, Data = parent.Spec.Data ?? parent.Dataset?.Source };
        var inherited = JsonSerializer.SerializeToElement(spec, ContractJson.Options);
        var defaults = JsonSerializer.SerializeToElement(Defaults(spec), ContractJson.Options);
        var merged = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(merged))
        {
            json.WriteStartObject();
            foreach (var property in inherited.EnumerateObject().Where(property => !IsGiven(property) && !IsDefault(property)))
                property.WriteTo(json);
            foreach (var property in given)
            {
                json.WritePropertyName(property.Name);
                json.WriteRawValue(property.Value.GetRawText(), skipInputValidation: true);
            }

            json.WriteEndObject();
        }

        return merged.WrittenSpan.ToArray();

        bool IsGiven(JsonProperty property) => given.Any(field => field.NameEquals(property.Name));

        bool IsDefault(JsonProperty property) => property.Name switch
        {
            "clients" => false,
            "quorum" => spec.Quorum == (Defaults(spec) with { FractionFit = spec.FractionFit, MinFitClients = spec.MinFitClients }).Quorum,
            _ => defaults.TryGetProperty(property.Name, out var value) && value.GetRawText() == property.Value.GetRawText(),
        };
    }

    private static FederationSpec Defaults(FederationSpec spec) => new() { Clients = spec.Clients };
}
