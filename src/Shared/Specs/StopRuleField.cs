namespace FlDurable.Shared.Specs;

/// <summary>When to end early: a <see cref="StopRule"/>.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Meaning">What it is.</param>
/// <param name="Metrics">The measures that there are.</param>
public sealed record StopRuleField(string Name, string Meaning, IReadOnlyList<string> Metrics) : ObjectField(Name, Meaning)
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
    public override string Placeholder => $"{Metric}=NAME,{Patience}=N";

    /// <inheritdoc/>
    public override IReadOnlyList<SpecField> Members { get; } =
    [
        new WordField(Metric, "The measure that is looked at.", Metrics),
        new WholeNumberField(Patience, "It ends after so many rounds in a row without a better value than before.", 1, MostRounds),
        new NumberField(Reaches, "It ends once the value is as good as this.", new NumberRange(0, double.PositiveInfinity)),
    ];

    private protected override (string Member, string Meaning) MustHave => (Metric, $"one of {string.Join(", ", Metrics)}");

    private protected override object Make(IReadOnlyDictionary<string, object> given, string path, SpecErrors errors)
    {
        if (!given.ContainsKey(Patience) && !given.ContainsKey(Reaches))
            errors.Add(path, $"expected {Patience} or {Reaches}, got neither");
        return new StopRule(
            (string)given[Metric],
            given.TryGetValue(Patience, out var patience) ? (int)(long)patience : null,
            given.TryGetValue(Reaches, out var reaches) ? (double)reaches : null);
    }
}
