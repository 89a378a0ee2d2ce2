using System.Text.Json;
using System.Text.Json.Serialization;

namespace FlDurable.Shared.Rounds;

/// <summary>One of the two fan-outs of a round.</summary>
[JsonConverter(typeof(RoundPhaseJson))]
public sealed class RoundPhase
{
    private RoundPhase(string name, string activity, bool hasUpdates)
    {
        Name = name;
        Activity = activity;
        HasUpdates = hasUpdates;
    }

    /// <summary>Clients train.</summary>
    public static RoundPhase Fit { get; } = new("fit", "TrainClient", hasUpdates: true);

    /// <summary>Clients evaluate the new global parameters.</summary>
    public static RoundPhase Evaluate { get; } = new("evaluate", "EvaluateClient", hasUpdates: false);

    /// <summary>Both, in their order.</summary>
    public static IReadOnlyList<RoundPhase> All { get; } = [Fit, Evaluate];

    /// <summary>The name in JSON, in artifacts' names and in instances' ids.</summary>
    public string Name { get; }

    /// <summary>The name of the activity that clients do.</summary>
    public string Activity { get; }

    /// <summary>Whether a client's result is an update, for an average, and not only what it measured.</summary>
    public bool HasUpdates { get; }

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>A phase as its name.</summary>
internal sealed class RoundPhaseJson : JsonConverter<RoundPhase>
{
    public override RoundPhase Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var name = reader.TokenType == JsonTokenType.String ? reader.GetString() : null;
        return RoundPhase.All.FirstOrDefault(phase => phase.Name == name)
            ?? throw new JsonException($"expected {string.Join(" or ", RoundPhase.All)}");
    }

    public override void Write(Utf8JsonWriter writer, RoundPhase value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
}
