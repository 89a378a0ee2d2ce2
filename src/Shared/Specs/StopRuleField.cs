using System.Text.Json;

namespace FlDurable.Shared.Specs;

/// <summary>When to end early: a <see cref="StopRule"/>.</summary>
public sealed record StopRuleField(string Name, string Meaning) : SpecField(Name, Meaning)
{
    /// <summary>What must be given in any case.</summary>
    public const string Required = Metric;

    internal const string Metric = "metric";
    internal const string Patience = "patience";
    internal const string Reaches = "reaches";

    private const int MostRounds = 1_000_000;

    /// <inheritdoc/>
    public override string Kind => $"an object with {Metric} and {Patience}, or {Reaches}";

    /// <inheritdoc/>
    public override string? Values => null;

    /// <inheritdoc/>
    public override string Placeholder => $"{Metric}=NAME,{Patience}=N";

    /// <inheritdoc/>
    public override object? DefaultValue => null;

    /// <inheritdoc/>
    public override IReadOnlyList<SpecField> Members { get; } =
    [
        new WordField(Metric, "The measure that is looked at.", MeasuredMetric.Names),
        new WholeNumberField(Patience, "It ends after so many rounds in a row without a better value than before.", 1, MostRounds),
        new NumberField(Reaches, "It ends once the value is as good as this.", new NumberRange(0, double.PositiveInfinity)),
    ];

    internal override object? Read(JsonElement element, string path, SpecErrors errors)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            errors.Add(() => new SpecError(path, $"expected {Kind}, got {SpecText.Of(element)}"));
            return null;
        }

        var before = errors.Count;
        var given = SpecMembers.Read(element, Members, path, errors, "it has");
        if (!SpecMembers.Has(element, Metric))
            errors.Add(path, $"expected {Metric}, one of {string.Join(", ", MeasuredMetric.Names)}; got none");
        if (errors.Count > before)
            return null;
        if (!given.ContainsKey(Patience) && !given.ContainsKey(Reaches))
            errors.Add(path, $"expected {Patience} or {Reaches}, got neither");
        return errors.Count > before
            ? null
            : new StopRule(
                (string)given[Metric],
                given.TryGetValue(Patience, out var patience) ? (int)(long)patience : null,
                given.TryGetValue(Reaches, out var reaches) ? (double)reaches : null);
    }

    internal override SpecField WithDefault(object? value) => this;

    private protected override object? ReadKind(JsonElement element) => throw new NotSupportedException();

    private protected override string? Expected(object value) => null;
}
