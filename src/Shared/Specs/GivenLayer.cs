using System.Buffers;
using System.Text.Json;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Specs;

/// <summary>A layer as a spec gives it, checked.</summary>
/// <param name="Kind">What sort of layer.</param>
/// <param name="Name">Its module's name; null for its index.</param>
/// <param name="Options">The options that were given.</param>
/// <param name="Chains">The layers that it is made of, by the names of <see cref="LayerKind.Chains"/>.</param>
internal sealed record GivenLayer(
    LayerKind Kind, string? Name, IReadOnlyDictionary<string, object> Options, IReadOnlyDictionary<string, IReadOnlyList<GivenLayer>> Chains)
{
    /// <summary>A whole number; its default where it is not given.</summary>
    public int Whole(WholeNumberField option) => (int)(FindWhole(option) ?? option.Default)!.Value;

    /// <summary>A whole number; null where it is not given.</summary>
    public int? FindWhole(WholeNumberField option) => Options.TryGetValue(option.Name, out var value) ? (int)(long)value : null;

    /// <summary>A number; its default where it is not given.</summary>
    public double Number(NumberField option) => Options.TryGetValue(option.Name, out var value) ? (double)value : option.Default!.Value;

    /// <summary>True or false; its default where it is not given.</summary>
    public bool Flag(FlagField option) => Options.TryGetValue(option.Name, out var value) ? (bool)value : option.Default!.Value;

    /// <summary>The plans of a chain; none where it is not given.</summary>
    public IReadOnlyList<LayerPlan> Plans(string chain) =>
        Chains.TryGetValue(chain, out var layers) ? [.. layers.Select(layer => layer.ToPlan())] : [];

    /// <summary>Its plan.</summary>
    public LayerPlan ToPlan() => Kind.Plan(this);

    /// <summary>Layers as JSON, each with every option that has a value.</summary>
    public static JsonElement ToJson(IReadOnlyList<GivenLayer> layers)
    {
        var content = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(content))
            Write(json, layers);
        return JsonElement.Parse(content.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter json, IReadOnlyList<GivenLayer> layers)
    {
        json.WriteStartArray();
        foreach (var layer in layers)
            layer.Write(json);
        json.WriteEndArray();
    }

    private void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString(LayerKinds.Type, Kind.Name);
        if (Name is not null)
            json.WriteString(LayerKinds.Name, Name);
        foreach (var option in Kind.Options)
        {
            if ((Options.GetValueOrDefault(option.Name) ?? option.DefaultValue) is { } value)
            {
                json.WritePropertyName(option.Name);
                JsonSerializer.Serialize(json, value);
            }
        }

        foreach (var chain in Kind.Chains.Where(Chains.ContainsKey))
        {
            json.WritePropertyName(chain);
            Write(json, Chains[chain]);
        }

        json.WriteEndObject();
    }
}
