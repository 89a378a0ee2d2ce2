using System.Text.Json;
using FlDurable.Shared.Json;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Specs;

/// <summary>Reads specs and checks them, once and all at once, and finds every bad field.</summary>
/// <param name="table">The fields that a spec can have here.</param>
public sealed class SpecReader(SpecTable table)
{
    /// <summary>Reads a spec from JSON. What it does not name, or gives as null, has its default.</summary>
    /// <param name="utf8Json">The spec.</param>
    /// <param name="refuse">
    /// What else may be wrong with a spec: is shown what could be read, in which a field with an error has its default, and adds errors of its
    /// own.
    /// </param>
    /// <exception cref="InvalidSpecException">
    /// It is no JSON object, has an unknown field, or a value of the wrong type, out of its range or not fitting the others. Every error is named.
    /// </exception>
    public CheckedSpec Read(ReadOnlySpan<byte> utf8Json, Action<FederationSpec, SpecErrors>? refuse = null)
    {
        using var document = SpecDocument.Parse(utf8Json);
        return Read(FieldValue.AllIn(document.RootElement), refuse);
    }

    /// <summary>Reads a spec from what is given for its fields. What is not given, or is null, has its default.</summary>
    /// <param name="given">What is given, of one source or of several.</param>
    /// <param name="refuse">As for <see cref="Read(ReadOnlySpan{byte}, Action{FederationSpec, SpecErrors}?)"/>.</param>
    /// <param name="taken">The fields that are named to whoever gives an unknown one; null for all that a spec has.</param>
    /// <exception cref="InvalidSpecException">
    /// It has an unknown field, or one twice, or a value of the wrong type, out of its range or not fitting the others. Every error is named.
    /// </exception>
    public CheckedSpec Read(IReadOnlyList<FieldValue> given, Action<FederationSpec, SpecErrors>? refuse = null, Func<IEnumerable<string>, IEnumerable<string>>? taken = null)
    {
        var errors = new SpecErrors();
        var spec = new FederationSpec();
        var wrong = ReadFields(given, spec, errors, taken ?? (all => all));
        AskRules(spec, wrong, errors);
        CheckTogether(spec, wrong, errors);
        refuse?.Invoke(spec, errors);
        errors.ThrowIfAny();
        return new CheckedSpec(spec);
    }

    /// <summary>Checks a spec that was made in code.</summary>
    /// <inheritdoc cref="Read(ReadOnlySpan{byte}, Action{FederationSpec, SpecErrors}?)" path="/exception"/>
    public CheckedSpec Check(FederationSpec spec) => Read(ContractJson.SerializeToUtf8(spec));

    /// <returns>The names of the fields with errors.</returns>
    private HashSet<string> ReadFields(IReadOnlyList<FieldValue> given, FederationSpec spec, SpecErrors errors, Func<IEnumerable<string>, IEnumerable<string>> taken)
    {
        var rows = table.Rows.ToDictionary(row => row.Field.Name, StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var wrong = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (name, value) in given)
        {
            if (name == SpecDocument.Schema && value.ValueKind == JsonValueKind.String)
                continue;
            if (!rows.TryGetValue(name, out var row))
                errors.Add((name, Taken: taken(rows.Keys)), static unknown => Unknown(unknown.name, unknown.Taken));
            else if (!seen.Add(name))
                errors.Add(name, "given twice");
            else if (value.ValueKind != JsonValueKind.Null && !TryRead(row, value, spec, errors))
                wrong.Add(name);
        }

        return wrong;
    }

    private static SpecError Unknown(string name, IEnumerable<string> known) =>
        new(Excerpt.Counted(name), $"unknown field; known are {string.Join(", ", known)}");

    private static bool TryRead(BoundRow row, JsonElement value, FederationSpec spec, SpecErrors errors)
    {
        var before = errors.Count;
        if (row.Field.Read(value, row.Field.Name, errors) is { } read)
            row.Set(spec, read);
        return errors.Count == before;
    }

    /// <summary>Has rules of the host's own say the numbers of every round.</summary>
    private void AskRules(FederationSpec spec, HashSet<string> wrong, SpecErrors errors)
    {
        if (wrong.Contains("rounds"))
            return;
        foreach (var row in table.Rows)
        {
            if (row.Field is not ScheduleField field || wrong.Contains(field.Name))
                continue;
            var before = errors.Count;
            row.Set(spec, field.Asked((Schedule)row.Property.Get!(spec)!, spec.Rounds, errors));
            if (errors.Count > before)
                wrong.Add(field.Name);
        }
    }

    /// <summary>Checks what fields ask of each other. Nothing more is said of a field with an error, nor of what depends on it.</summary>
    private void CheckTogether(FederationSpec spec, HashSet<string> wrong, SpecErrors errors)
    {
        foreach (var (row, property) in table.Rows)
        {
            if (row.Expected is null || wrong.Contains(row.Field.Name) || row.DependsOn.Any(wrong.Contains) || row.Expected(spec) is not { } expected)
                continue;
            errors.Add(() => new SpecError(row.Field.Name, $"expected {expected}, got {SpecText.Of(property.Get!(spec))}"));
            wrong.Add(row.Field.Name);
        }

        if (wrong.Count == 0)
            CheckAlternatives(spec, errors);
    }

    private void CheckAlternatives(FederationSpec spec, SpecErrors errors)
    {
        foreach (var (row, property) in table.Rows)
        {
            if (row.Field is not ChoiceField choice || property.Get!(spec) is not SpecChoice chosen)
                continue;
            foreach (var error in choice.Alternatives.Single(alternative => alternative.Name == chosen.Name).Errors(spec))
                errors.Add(error.Field, error.Message);
        }
    }
}

/// <summary>A spec that was checked: it can be run here, as far as that can be said without its data.</summary>
public sealed class CheckedSpec
{
    internal CheckedSpec(FederationSpec spec) => Spec = spec;

    /// <summary>The spec.</summary>
    public FederationSpec Spec { get; }

    /// <summary>With an id: unless it has one, the one that is given, or a new one.</summary>
    public CheckedSpec WithId(string? id = null) => Spec.Id is null ? new CheckedSpec(Spec with { Id = id ?? FederationIds.New() }) : this;

    /// <summary>Starting from the parameters of a federation's round.</summary>
    /// <param name="artifact">The artifact's name.</param>
    public CheckedSpec StartingFrom(string artifact) => new(Spec with { Initial = artifact });
}
