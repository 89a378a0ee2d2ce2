using System.Text.Json;
using System.Text.Json.Serialization;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Specs;

/// <summary>
/// The network of a spec: the name of one that the host has, <c>"cifar10-cnn"</c>, or one of its own, <c>{"layers":[…]}</c>. An own one that
/// a <see cref="SpecReader"/> has read has every option of every layer.
/// </summary>
[JsonConverter(typeof(NetworkChoiceJson))]
public sealed class NetworkChoice : IEquatable<NetworkChoice>
{
    /// <summary>What a network has for a name that is given by its layers.</summary>
    public const string OwnName = "own network";

    private readonly JsonElement? layers;

    private NetworkChoice(string name, JsonElement? layers)
    {
        Name = name;
        this.layers = layers;
    }

    /// <summary>The name in the registry; <see cref="OwnName"/> for one that is given by its layers.</summary>
    public string Name { get; }

    internal JsonElement? Layers => layers;

    /// <summary>A network that the host has.</summary>
    public static implicit operator NetworkChoice(string name) => FromString(name);

    /// <summary>Whether both are of one name, or of the same layers.</summary>
    public static bool operator ==(NetworkChoice? left, NetworkChoice? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether they are not.</summary>
    public static bool operator !=(NetworkChoice? left, NetworkChoice? right) => !(left == right);

    /// <summary>A network that the host has.</summary>
    public static NetworkChoice FromString(string name) => new(name, layers: null);

    /// <inheritdoc/>
    public bool Equals(NetworkChoice? other) => other is not null && Name == other.Name && (layers, other.layers) switch
    {
        ({ } one, { } another) => JsonElement.DeepEquals(one, another),
        var (one, another) => one is null && another is null,
    };

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as NetworkChoice);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Name, layers?.GetArrayLength());

    /// <summary>The name.</summary>
    public override string ToString() => Name;

    internal static NetworkChoice Own(JsonElement layers) => new(OwnName, layers);

    /// <summary>The plan of a network that is given by its layers, checked before; null of one that the host has.</summary>
    /// <exception cref="InvalidSpecException">It was never checked, and is none.</exception>
    internal NetworkPlan? FindOwnPlan()
    {
        if (layers is not { } given)
            return null;
        var errors = new SpecErrors();
        var read = new LayerReader(errors).Read(given, "layers");
        errors.ThrowIfAny();
        return new NetworkPlan(OwnName, [.. read.Select(layer => layer.ToPlan())]);
    }
}

/// <summary>Writes a name as a string, and layers within an object.</summary>
internal sealed class NetworkChoiceJson : JsonConverter<NetworkChoice>
{
    /// <summary>The property that has the layers.</summary>
    public const string Layers = "layers";

    public override NetworkChoice Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString()!;
        using var document = JsonDocument.ParseValue(ref reader);
        return document.RootElement is { ValueKind: JsonValueKind.Object } own
            && own.TryGetProperty(Layers, out var layers) && layers.ValueKind == JsonValueKind.Array
            ? NetworkChoice.Own(layers.Clone())
            : throw new JsonException($"expected a string, or an object with {Layers}");
    }

    public override void Write(Utf8JsonWriter writer, NetworkChoice value, JsonSerializerOptions options)
    {
        if (value.Layers is not { } layers)
        {
            writer.WriteStringValue(value.Name);
            return;
        }

        writer.WriteStartObject();
        writer.WritePropertyName(Layers);
        layers.WriteTo(writer);
        writer.WriteEndObject();
    }
}
