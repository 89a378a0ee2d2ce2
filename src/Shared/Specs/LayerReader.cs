using System.Text.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Specs;

/// <summary>Reads the layers of a spec's own network, and finds everything that is wrong with them but how they fit each other, for which it takes data.</summary>
/// <param name="errors">Gets what is wrong.</param>
internal sealed class LayerReader(SpecErrors errors)
{
    private const int MostNested = 4;

    private static readonly TextField NameField = new(LayerKinds.Name, "The module's name.")
    {
        Form = new TextForm("1 to 64 of a-z, A-Z, 0-9 and _, beginning with a letter", IsName),
    };

    private int count;

    /// <summary>Reads layers.</summary>
    /// <param name="layers">The JSON.</param>
    /// <param name="path">How errors name it.</param>
    /// <returns>The layers without an error.</returns>
    public IReadOnlyList<GivenLayer> Read(JsonElement layers, string path) =>
        ReadChain(layers, path, nested: 0, new HashSet<string>(StringComparer.Ordinal));

    private List<GivenLayer> ReadChain(JsonElement layers, string path, int nested, HashSet<string> names)
    {
        var read = new List<GivenLayer>();
        if (layers.ValueKind != JsonValueKind.Array || layers.GetArrayLength() == 0)
        {
            errors.Add(() => new SpecError(path, $"expected an array of layers, got {(layers.ValueKind == JsonValueKind.Array ? "an empty one" : SpecText.Of(layers))}"));
            return read;
        }

        foreach (var (index, element) in layers.EnumerateArray().Index())
        {
            if (++count > Network.MostLayers)
            {
                if (count == Network.MostLayers + 1)
                    errors.Add(path, $"expected at most {Network.MostLayers} layers in all, got more");
                return read;
            }

            if (ReadLayer(element, FormattableString.Invariant($"{path}[{index}]"), nested, names) is { } layer)
                read.Add(layer);
        }

        return read;
    }

    private GivenLayer? ReadLayer(JsonElement element, string path, int nested, HashSet<string> names)
    {
        var before = errors.Count;
        if (element.ValueKind != JsonValueKind.Object || FindKind(element, path) is not { } kind)
        {
            if (errors.Count == before)
                errors.Add(() => new SpecError(path, $"expected an object with a {LayerKinds.Type}, got {SpecText.Of(element)}"));
            return null;
        }

        var options = new Dictionary<string, object>(StringComparer.Ordinal);
        var chains = new Dictionary<string, IReadOnlyList<GivenLayer>>(StringComparer.Ordinal);
        var inner = new HashSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal) { LayerKinds.Type };
        string? name = null;
        foreach (var property in element.EnumerateObject().Where(property => !property.NameEquals(LayerKinds.Type)))
        {
            var its = $"{path}.{Excerpt.Counted(property.Name)}";
            if (!seen.Add(property.Name))
                errors.Add(its, "given twice");
            else if (property.Value.ValueKind == JsonValueKind.Null)
                continue;
            else if (kind.IsNamed && property.Name == LayerKinds.Name)
                name = ReadName(property.Value, its, names);
            else if (kind.Chains.Contains(property.Name))
                chains[property.Name] = ReadInner(property.Value, its, mayBeEmpty: property.Name != kind.Chains[0], nested, inner);
            else if (kind.Options.FirstOrDefault(option => option.Name == property.Name) is not { } option)
                errors.Add(() => new SpecError(its, $"unknown option; {OptionsInWords(kind)}"));
            else if (option.Read(property.Value, its, errors) is { } value)
                options[option.Name] = value;
        }

        foreach (var missing in kind.Options.Where(option => option.DefaultValue is null && !kind.Optional.Contains(option) && !seen.Contains(option.Name)))
            errors.Add($"{path}.{missing.Name}", $"expected {missing.Values ?? missing.Kind}, got nothing");
        if (kind.Chains is [var first, ..] && !seen.Contains(first))
            errors.Add($"{path}.{first}", "expected an array of layers, got nothing");
        return errors.Count == before ? new GivenLayer(kind, name, options, chains) : null;
    }

    private LayerKind? FindKind(JsonElement element, string path)
    {
        var types = element.EnumerateObject().Where(property => property.NameEquals(LayerKinds.Type)).ToList();
        if (types is not [var only])
        {
            errors.Add($"{path}.{LayerKinds.Type}", $"expected {Kinds()}, got {(types.Count == 0 ? "nothing" : "several")}");
            return null;
        }

        var text = SpecDocument.FindText(only.Value);
        var kind = LayerKinds.All.FirstOrDefault(kind => kind.Name == text);
        if (kind is null)
            errors.Add(() => new SpecError($"{path}.{LayerKinds.Type}", $"expected {Kinds()}, got {SpecText.Of(only.Value)}"));
        return kind;
    }

    private string? ReadName(JsonElement value, string path, HashSet<string> names)
    {
        if (NameField.Read(value, path, errors) is not string name)
            return null;
        if (!names.Add(name))
            errors.Add(path, $"another layer beside it is named '{name}'");
        return name;
    }

    private List<GivenLayer> ReadInner(JsonElement value, string path, bool mayBeEmpty, int nested, HashSet<string> names)
    {
        // A shortcut without layers is the input as it is.
        if (mayBeEmpty && value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0)
            return [];
        if (nested < MostNested)
            return ReadChain(value, path, nested + 1, names);
        errors.Add(path, $"expected at most {MostNested} layers within each other, got more");
        return [];
    }

    private static string Kinds() => SpecText.OneOf(LayerKinds.All.Select(kind => kind.Name));

    private static string OptionsInWords(LayerKind kind)
    {
        var names = kind.Options.Select(option => option.Name).Concat(kind.Chains).ToList();
        if (kind.IsNamed)
            names.Insert(0, LayerKinds.Name);
        return names.Count == 0 ? $"{kind.Name} has none" : $"{kind.Name} has {string.Join(", ", names)}";
    }

    private static bool IsName(string text) =>
        text.Length is > 0 and <= 64 && char.IsAsciiLetter(text[0]) && text.All(character => char.IsAsciiLetterOrDigit(character) || character == '_');
}
