namespace FlDurable.Bench.Goals;

/// <summary>A figure beside what it is to be.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Unit">In what.</param>
/// <param name="Value">The figure; null where it was not measured.</param>
/// <param name="Limit">What it is to be.</param>
/// <param name="IsLeast">Whether it is to be that or more; else that or less.</param>
internal sealed record Goal(string What, string Unit, double? Value, double Limit, bool IsLeast = false)
{
    /// <summary>Whether it is reached; null where it was not measured.</summary>
    public bool? IsReached => Value is { } value ? (IsLeast ? value >= Limit : value <= Limit) : null;

    public static string ToTable(IEnumerable<Goal> goals) => string.Join(
        Environment.NewLine, goals.Select(goal => FormattableString.Invariant(
            $"{goal.What,-78} {goal.Shown,10} {goal.Unit,-8} goal {(goal.IsLeast ? "≥" : "≤")} {goal.Limit,-8:0.##} {goal.Verdict}")));

    private string Shown => Value is { } value ? FormattableString.Invariant($"{value:0.###}") : "–";

    private string Verdict => IsReached switch
    {
        true => "reached",
        false => FormattableString.Invariant($"missed, {(IsLeast ? Limit / Value : Value / Limit):0.##} times"),
        null => "not measured",
    };
}
