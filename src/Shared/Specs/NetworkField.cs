using System.Text.Json;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Specs;

/// <summary>A network: one that the host has registered, or one of the spec's own, given by its layers: a <see cref="NetworkChoice"/>.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Meaning">What it is.</param>
/// <param name="Words">The names of those that the host has.</param>
public sealed record NetworkField(string Name, string Meaning, IReadOnlyList<string> Words) : SpecField(Name, Meaning)
{
    /// <summary>What an own one gives its layers as.</summary>
    public const string LayersName = NetworkChoiceJson.Layers;

    /// <summary>What says which sort of layer it is.</summary>
    public const string LayerType = LayerKinds.Type;

    /// <summary>The sorts of layers that an own one can have, each with its options.</summary>
    public static IReadOnlyList<SpecAlternative> Layers => LayerKinds.Alternatives;

    /// <summary>What it is when it is not given.</summary>
    public NetworkChoice? Default { get; init; }

    /// <inheritdoc/>
    public override string Kind => $"a name, or an object with {NetworkChoiceJson.Layers}";

    /// <inheritdoc/>
    public override string Values => $"{SpecText.OneOf(Words)}, or {NetworkChoiceJson.Layers} of its own";

    /// <inheritdoc/>
    public override string Placeholder => "NAME|FILE.json";

    /// <inheritdoc/>
    public override object? DefaultValue => Default;

    internal override object? Read(JsonElement element, string path, SpecErrors errors)
    {
        if (element.ValueKind == JsonValueKind.Object)
            return ReadOwn(element, path, errors);
        var name = SpecDocument.FindText(element);
        if (name is not null && Words.Contains(name, StringComparer.Ordinal))
            return NetworkChoice.FromString(name);
        errors.Add(() => name is null
            ? new SpecError(path, $"expected {Kind}, got {SpecText.Of(element)}")
            : new SpecError(path, $"expected {Values}, got {SpecText.Of(name)}"));
        return null;
    }

    internal override SpecField WithDefault(object? value) => this with { Default = (NetworkChoice?)value };

    private protected override object? ReadKind(JsonElement element) => throw new NotSupportedException();

    private protected override string? Expected(object value) => null;

    private static NetworkChoice? ReadOwn(JsonElement element, string path, SpecErrors errors)
    {
        var before = errors.Count;
        JsonElement? layers = null;
        foreach (var property in element.EnumerateObject())
        {
            if (!property.NameEquals(NetworkChoiceJson.Layers))
                errors.Add(() => new SpecError($"{path}.{Excerpt.Counted(property.Name)}", $"unknown; a network has {NetworkChoiceJson.Layers}"));
            else if (layers is not null)
                errors.Add($"{path}.{NetworkChoiceJson.Layers}", "given twice");
            else
                layers = property.Value;
        }

        if (layers is null)
            errors.Add(path, $"expected {NetworkChoiceJson.Layers}, got none");
        if (errors.Count > before)
            return null;
        var read = new LayerReader(errors).Read(layers!.Value, $"{path}.{NetworkChoiceJson.Layers}");
        return errors.Count > before ? null : NetworkChoice.Own(GivenLayer.ToJson(read));
    }
}
