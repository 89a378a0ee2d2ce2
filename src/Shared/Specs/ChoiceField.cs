using System.Text.Json;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Specs;

/// <summary>What the host has registered under a name, with the options that it declares there: a <see cref="SpecChoice"/>.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Meaning">What it is.</param>
/// <param name="Alternatives">What it can name.</param>
public sealed record ChoiceField(string Name, string Meaning, IReadOnlyList<SpecAlternative> Alternatives) : SpecField(Name, Meaning)
{
    /// <summary>What it is when it is not given.</summary>
    public SpecChoice? Default { get; init; }

    /// <inheritdoc/>
    public override string Kind => "a name, or an object with a name and options";

    /// <inheritdoc/>
    public override string Values => SpecText.OneOf(Alternatives.Select(alternative => alternative.Name));

    /// <inheritdoc/>
    public override string Placeholder => "NAME";

    /// <inheritdoc/>
    public override object? DefaultValue => Default;

    /// <summary>The options of a name; null if nothing has that name.</summary>
    public IReadOnlyList<SpecField>? OptionsOf(string name) => Alternatives.FirstOrDefault(alternative => alternative.Name == name)?.Options;

    internal override object? Read(JsonElement element, string path, SpecErrors errors)
    {
        var name = element.ValueKind == JsonValueKind.Object ? NameIn(element) : SpecDocument.FindText(element);
        if (name is null)
        {
            errors.Add(() => new SpecError(path, $"expected {Kind}, got {SpecText.Of(element)}"));
            return null;
        }

        if (OptionsOf(name) is not { } options)
        {
            errors.Add(() => new SpecError(path, $"expected {Values}, got {SpecText.Of(name)}"));
            return null;
        }

        var given = element.ValueKind == JsonValueKind.Object
            ? SpecMembers.Read(element, options, path, errors, $"{Name} '{name}' has", besides: SpecChoiceJson.Name)
            : [];
        return new SpecChoice(name, [.. options.Select(option => KeyValuePair.Create(option.Name, ValueOf(option, given)))]);
    }

    internal override SpecField WithDefault(object? value) => this with { Default = (SpecChoice?)value };

    private protected override object? ReadKind(JsonElement element) => throw new NotSupportedException();

    private protected override string? Expected(object value) => null;

    private static string? NameIn(JsonElement element)
    {
        var names = element.EnumerateObject().Where(property => property.NameEquals(SpecChoiceJson.Name)).ToList();
        return names is [var only] ? SpecDocument.FindText(only.Value) : null;
    }

    private static JsonElement ValueOf(SpecField option, Dictionary<string, object> given) =>
        JsonSerializer.SerializeToElement(given.GetValueOrDefault(option.Name) ?? option.DefaultValue, ContractJson.Options);
}
