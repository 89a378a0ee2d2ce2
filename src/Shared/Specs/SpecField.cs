using System.Text.Json;

namespace FlDurable.Shared.Specs;

/// <summary>
/// A field of a spec, or an option of what a field names: everything that the reader, the JSON schema, the command line and the docs know
/// of it. One kind of value, one subclass.
/// </summary>
public abstract record SpecField
{
    private protected SpecField(string name, string meaning)
    {
        Name = name;
        Meaning = meaning;
    }

    /// <summary>The name in JSON.</summary>
    public string Name { get; }

    /// <summary>What it is: a sentence or two in Markdown, with other fields' names between backticks.</summary>
    public string Meaning { get; }

    /// <summary>What it is when it is not given, in words, where that is no value of its own: it follows from other fields or from the machine.</summary>
    public string? DefaultMeaning { get; init; }

    /// <summary>What kind of value it takes, as an error says it.</summary>
    public abstract string Kind { get; }

    /// <summary>Which values of that kind, as an error says it; null for all of them.</summary>
    public abstract string? Values { get; }

    /// <summary>What stands for a value in a command's help.</summary>
    public abstract string Placeholder { get; }

    /// <summary>What it is when it is not given; null if that is nothing, or as <see cref="DefaultMeaning"/> says.</summary>
    public abstract object? DefaultValue { get; }

    /// <summary>What an object has that stands for a value; empty where none does, or where it depends on the object's name.</summary>
    public virtual IReadOnlyList<SpecField> Members => [];

    /// <summary>Reads a value.</summary>
    /// <param name="element">The JSON.</param>
    /// <param name="path">How errors name the field.</param>
    /// <param name="errors">Gets what is wrong with the value.</param>
    /// <returns>Null if there is something wrong.</returns>
    internal virtual object? Read(JsonElement element, string path, SpecErrors errors)
    {
        if (ReadKind(element) is not { } value)
            errors.Add(() => new SpecError(path, $"expected {Kind}, got {SpecText.Of(element)}"));
        else if (Expected(value) is { } expected)
            errors.Add(() => new SpecError(path, $"expected {expected}, got {SpecText.Of(value)}"));
        else
            return value;
        return null;
    }

    /// <summary>What is expected instead of a value of the right kind; null if nothing.</summary>
    internal string? WhyNot(object value) => Expected(value);

    /// <summary>The field with another default.</summary>
    internal abstract SpecField WithDefault(object? value);

    /// <summary>The value, if it is of the right kind.</summary>
    private protected abstract object? ReadKind(JsonElement element);

    /// <summary>What is expected instead of a value of the right kind; null if nothing.</summary>
    private protected abstract string? Expected(object value);
}

/// <summary>True or false.</summary>
public sealed record FlagField(string Name, string Meaning) : SpecField(Name, Meaning)
{
    /// <summary>What it is when it is not given.</summary>
    public bool? Default { get; init; }

    /// <inheritdoc/>
    public override string Kind => "true or false";

    /// <inheritdoc/>
    public override string? Values => null;

    /// <inheritdoc/>
    public override string Placeholder => "true|false";

    /// <inheritdoc/>
    public override object? DefaultValue => Default;

    internal override SpecField WithDefault(object? value) => this with { Default = (bool?)value };

    private protected override object? ReadKind(JsonElement element) => element.ValueKind is JsonValueKind.True or JsonValueKind.False ? element.GetBoolean() : null;

    private protected override string? Expected(object value) => null;
}

/// <summary>A text of a form of its own.</summary>
public sealed record TextField(string Name, string Meaning) : SpecField(Name, Meaning)
{
    /// <summary>The longest text where its form does not say otherwise.</summary>
    public const int MaxLength = 1024;

    /// <summary>Which texts it takes; null for all that are not empty and not too long.</summary>
    public TextForm? Form { get; init; }

    /// <summary>What it is when it is not given.</summary>
    public string? Default { get; init; }

    /// <summary>What stands for a value in a command's help.</summary>
    public string Example { get; init; } = "TEXT";

    /// <summary>Whether it is a list of names, with commas between them.</summary>
    public bool IsList { get; init; }

    /// <inheritdoc/>
    public override string Kind => "a string";

    /// <inheritdoc/>
    public override string? Values => Form?.Words;

    /// <inheritdoc/>
    public override string Placeholder => Example;

    /// <inheritdoc/>
    public override object? DefaultValue => Default;

    internal override SpecField WithDefault(object? value) => this with { Default = (string?)value };

    private protected override object? ReadKind(JsonElement element) => SpecDocument.FindText(element);

    private protected override string? Expected(object value)
    {
        var text = (string)value;
        if (Form is not null)
            return Form.Holds(text) ? null : Form.Words;
        return text.Length is > 0 and <= MaxLength ? null : $"1 to {MaxLength} characters";
    }
}

/// <summary>A form that texts can have.</summary>
/// <param name="Words">The form for a person, as an error names it.</param>
/// <param name="Holds">Whether a text has it.</param>
public sealed record TextForm(string Words, Func<string, bool> Holds)
{
    /// <summary>A regular expression for JSON schema, which every such text matches; null for none.</summary>
    public string? Pattern { get; init; }

    /// <summary>The longest such text; null where <see cref="Pattern"/> says enough.</summary>
    public int? MostCharacters { get; init; }
}

/// <summary>One of the names that the host has registered for the field.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Meaning">What it is.</param>
/// <param name="Words">The names.</param>
public sealed record WordField(string Name, string Meaning, IReadOnlyList<string> Words) : SpecField(Name, Meaning)
{
    /// <summary>What it is when it is not given.</summary>
    public string? Default { get; init; }

    /// <inheritdoc/>
    public override string Kind => "a string";

    /// <inheritdoc/>
    public override string Values => SpecText.OneOf(Words);

    /// <inheritdoc/>
    public override string Placeholder => "NAME";

    /// <inheritdoc/>
    public override object? DefaultValue => Default;

    internal override SpecField WithDefault(object? value) => this with { Default = (string?)value };

    private protected override object? ReadKind(JsonElement element) => SpecDocument.FindText(element);

    private protected override string? Expected(object value) => Words.Contains((string)value, StringComparer.Ordinal) ? null : Values;
}
