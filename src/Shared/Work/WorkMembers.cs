using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Work;

/// <summary>
/// The members of what a worker is given to read. A worker of another release reads nothing that has one that it does not know, so that each is named: whoever adds a field to specs has it looked
/// at before work is leased.
/// </summary>
internal static class WorkMembers
{
    private const string Spec = "spec";
    private const string Plan = "plan";
    private const string Optimizer = $"{Spec}.optimizer";

    /// <summary>All that this build reads.</summary>
    public static IReadOnlyList<string> Known { get; } =
    [
        .. Of(typeof(FederationSpec), Spec),
        .. Of(typeof(ClientPlan), Plan),
        .. SpecRows.Optimizers.Select(word => $"{Optimizer}={word}"),
    ];

    /// <summary>Those that a spec and a plan have.</summary>
    public static IEnumerable<string> In(ResolvedSpec spec, ClientPlan? plan)
    {
        var ofSpec = Of(JsonSerializer.SerializeToElement(spec.Spec, ContractJson.Options), typeof(FederationSpec), Spec);
        var ofPlan = plan is null ? [] : Of(JsonSerializer.SerializeToElement(plan, ContractJson.Options), typeof(ClientPlan), Plan);
        return ofSpec.Concat(ofPlan).Append($"{Optimizer}={spec.Spec.Optimizer}");
    }

    /// <summary>The sorts of a network's layers and their options, each once; none of one that has a name.</summary>
    public static IEnumerable<string> LayersOf(NetworkChoice network) => network.Layers is { } layers ? LayersIn(layers).Distinct(StringComparer.Ordinal) : [];

    private static IEnumerable<string> LayersIn(JsonElement chain)
    {
        foreach (var layer in chain.EnumerateArray())
        {
            var kind = layer.GetProperty(LayerKinds.Type).GetString()!;
            yield return kind;
            foreach (var member in layer.EnumerateObject().Where(member => member.Name is not (LayerKinds.Type or LayerKinds.Name)))
            {
                foreach (var inner in member.Value.ValueKind == JsonValueKind.Array ? LayersIn(member.Value) : [$"{kind}.{member.Name}"])
                    yield return inner;
            }
        }
    }

    private static IEnumerable<string> Of(Type type, string path) => MembersOf(type).SelectMany(member => Of(member.PropertyType, $"{path}.{member.Name}").Prepend($"{path}.{member.Name}"));

    private static IEnumerable<string> Of(JsonElement element, Type type, string path)
    {
        foreach (var member in MembersOf(type).Where(_ => element.ValueKind == JsonValueKind.Object))
        {
            if (!element.TryGetProperty(member.Name, out var value))
                continue;
            yield return $"{path}.{member.Name}";
            foreach (var inner in Of(value, member.PropertyType, $"{path}.{member.Name}"))
                yield return inner;
        }
    }

    /// <summary>What an object has; nothing of what is written in a way of its own.</summary>
    private static IEnumerable<JsonPropertyInfo> MembersOf(Type type) =>
        ContractJson.Options.GetTypeInfo(Nullable.GetUnderlyingType(type) ?? type) is { Kind: JsonTypeInfoKind.Object } info ? info.Properties.Where(member => member.Get is not null) : [];
}
