using System.Text.Json;

namespace FlDurable.Shared.Specs;

/// <summary>An object with members of its own, of which one must be given: one kind of object, one subclass.</summary>
public abstract record ObjectField : SpecField
{
    private protected ObjectField(string name, string meaning)
        : base(name, meaning)
    {
    }

    /// <inheritdoc/>
    public sealed override string? Values => null;

    /// <inheritdoc/>
    public sealed override object? DefaultValue => null;

    /// <summary>The member that must be given, and what it is.</summary>
    private protected abstract (string Member, string Meaning) MustHave { get; }

    internal sealed override object? Read(JsonElement element, string path, SpecErrors errors)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            errors.Add(() => new SpecError(path, $"expected {Kind}, got {SpecText.Of(element)}"));
            return null;
        }

        var before = errors.Count;
        var given = SpecMembers.Read(element, Members, path, errors, "it has");
        if (!SpecMembers.Has(element, MustHave.Member))
            errors.Add(path, $"expected {MustHave.Member}, {MustHave.Meaning}; got none");
        if (errors.Count > before)
            return null;
        var value = Make(given, path, errors);
        return errors.Count > before ? null : value;
    }

    internal sealed override SpecField WithDefault(object? value) => this;

    /// <summary>Makes the value of members that are right one by one, and says what is wrong with them together.</summary>
    private protected abstract object Make(IReadOnlyDictionary<string, object> given, string path, SpecErrors errors);

    private protected sealed override object? ReadKind(JsonElement element) => throw new NotSupportedException();

    private protected sealed override string? Expected(object value) => null;
}
