using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Telemetry;

/// <summary>What an activity belongs to, as far as its input says.</summary>
/// <param name="Federation">The federation's id.</param>
/// <param name="SpecSha256">The digest of its spec.</param>
/// <param name="Round">The round; null for what belongs to none.</param>
/// <param name="Attempt">The attempt at the round; null where the input has none.</param>
/// <param name="Part">What of the round it is, such as the index of the first client; empty where there is one of its kind in a round.</param>
internal sealed record ActivityScope(string Federation, string SpecSha256, int? Round, int? Attempt, string Part)
{
    /// <summary>Reads it; null if the activity belongs to no federation.</summary>
    public static ActivityScope? Find(string inputJson)
    {
        using var document = JsonDocument.Parse(inputJson);
        var input = document.RootElement;
        if (input.ValueKind != JsonValueKind.Object || !input.TryGetProperty("spec", out var spec) || spec.ValueKind != JsonValueKind.Object)
            return null;
        var reference = spec.Deserialize<ArtifactReference>(ContractJson.Options)!;
        if (ArtifactNames.ParseSpec(reference.Name) is not { } id)
            return null;

        // What judges parameters is of the round whose they are.
        var judged = input.TryGetProperty("global", out var global) && global.ValueKind == JsonValueKind.Object
            ? ArtifactNames.ParseCandidate(global.Deserialize<ArtifactReference>(ContractJson.Options)!.Name)
            : null;
        return new ActivityScope(
            id, reference.Sha256, Number("round") ?? judged?.Round, Number("attempt") ?? judged?.Attempt, $"{Text("phase")}{Text("first")}{Text("range")}{Text("onMadeUpImages")}");

        int? Number(string name) => input.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;

        string Text(string name) => input.TryGetProperty(name, out var value) ? $"/{value.GetRawText()}" : "";
    }
}
