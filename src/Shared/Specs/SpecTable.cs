using System.Text.Json.Serialization.Metadata;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Specs;

/// <summary>
/// The fields that a spec can have on a host, each with everything that is known of it. The reader, the JSON schema, the command line and the
/// docs are made from it, so that a field is written in two places: as a property of <see cref="FederationSpec"/>, which gives its name, its
/// type and its default, and as a row here.
/// </summary>
public sealed class SpecTable
{
    private readonly IReadOnlyList<BoundRow> rows;

    /// <summary>Makes the table of a host.</summary>
    /// <param name="registered">What there is to name.</param>
    /// <exception cref="ArgumentException">Of a field whose values are names nothing is registered, or an option is not as options must be.</exception>
    public SpecTable(IEnumerable<ISpecAlternatives> registered)
    {
        var alternatives = registered.ToDictionary(one => one.Field, Check, StringComparer.Ordinal);
        var properties = ContractJson.Options.GetTypeInfo(typeof(FederationSpec)).Properties.ToDictionary(property => property.Name, StringComparer.Ordinal);
        var defaults = new FederationSpec();
        rows = [.. SpecRows.All(AlternativesOf).Select(row => Bind(row, properties[row.Field.Name], defaults))];
        Fields = [.. rows.Select(row => row.Field)];

        IReadOnlyList<SpecAlternative> AlternativesOf(string field) => alternatives.TryGetValue(field, out var found)
            ? found
            : field is SpecRows.OwnData or SpecRows.OwnMetrics or SpecRows.OwnSchedules ? [] // beside which there is something built in
            : throw new ArgumentException($"nothing is registered that a spec's {field} can name: see AddSpecAlternatives", nameof(registered));
    }

    /// <summary>The fields, in the order in which a spec is written.</summary>
    public IReadOnlyList<SpecField> Fields { get; }

    internal IReadOnlyList<BoundRow> Rows => rows;

    /// <summary>A field by its name; null if there is none of that name.</summary>
    public SpecField? Find(string name) => Fields.FirstOrDefault(field => field.Name == name);

    /// <summary>Some of the fields.</summary>
    /// <param name="names">Their names, in the order in which they are wanted.</param>
    public IEnumerable<SpecField> Only(params IEnumerable<string> names) => names.Select(name => Find(name)!);

    private static BoundRow Bind(SpecRow row, JsonPropertyInfo property, FederationSpec defaults)
    {
        var field = row.Field.DefaultMeaning is null && property.Get!(defaults) is { } value ? row.Field.WithDefault(value) : row.Field;
        return new BoundRow(row with { Field = field }, property);
    }

    private static IReadOnlyList<SpecAlternative> Check(ISpecAlternatives registered)
    {
        foreach (var alternative in registered.Alternatives)
        {
            var names = alternative.Options.Select(option => option.Name).ToList();
            if (names.Contains(SpecChoiceJson.Name, StringComparer.Ordinal) || names.Distinct(StringComparer.Ordinal).Count() != names.Count)
                throw new ArgumentException($"{registered.Field} {alternative.Name}: two options have one name, or one is named '{SpecChoiceJson.Name}'", nameof(registered));
            if (alternative.Options.FirstOrDefault(option => option.DefaultValue is null) is { } without)
                throw new ArgumentException($"{registered.Field} {alternative.Name}: option '{without.Name}' has no default", nameof(registered));
        }

        return registered.Alternatives;
    }
}

/// <summary>A row with the property of <see cref="FederationSpec"/> that it is about.</summary>
internal sealed record BoundRow(SpecRow Row, JsonPropertyInfo Property)
{
    public SpecField Field => Row.Field;

    /// <summary>Sets the field.</summary>
    public void Set(FederationSpec spec, object value) => Property.Set!(spec, Property.PropertyType == typeof(int) ? value is long number ? (int)number : WholeNumberField.Open : value);
}
