using System.Text.Json;

namespace FlDurable.Shared.Specs;

/// <summary>A number that can be another in each round: a <see cref="Schedule"/>.</summary>
/// <param name="Of">What it is in one round: a <see cref="NumberField"/> or a <see cref="WholeNumberField"/>, with the field's name and meaning.</param>
public sealed record ScheduleField(SpecField Of) : SpecField(Of.Name, Of.Meaning)
{
    /// <summary>The most numbers of a list.</summary>
    public const int MaxLength = 10_000;

    /// <summary>What a rule must have.</summary>
    public const string Required = Initial;

    internal const string Initial = "initial";
    internal const string Step = "step";
    internal const string Factor = "factor";
    internal const string Cosine = "cosine";
    internal const string Final = "final";
    internal const string WarmUp = "warmUp";
    internal const string Rule = "rule";

    private const int MostRounds = 1_000_000;
    private const double MostFactor = 1_000;

    private static readonly WholeNumberField Steps = new(Step, "After so many rounds, and again after as many, it is multiplied by `factor`.", 1, MostRounds);
    private static readonly NumberField Factors = new(Factor, "By how much.", new NumberRange(0, MostFactor) { IsAboveLeast = true });
    private static readonly WholeNumberField Cosines = new(Cosine, "In so many rounds it goes to `final` along half a cosine, and stays there.", 1, MostRounds);
    private static readonly WholeNumberField WarmUps = new(WarmUp, "So many rounds come before, in which it rises to `initial` in equal steps.", 1, MostRounds);

    /// <summary>Reads what was checked before.</summary>
    internal static ScheduleField Any { get; } = new(new NumberField("schedule", "", new NumberRange(double.MinValue, double.MaxValue)));

    /// <summary>What it is when it is not given.</summary>
    public Schedule? Default { get; init; }

    /// <summary>The rules of the host's own that it can go by.</summary>
    public IReadOnlyList<ISchedule> Rules { get; init; } = [];

    /// <summary>Whether it is a whole number in each round: what a rule gives is then rounded to the nearest.</summary>
    public bool IsWhole => Of is WholeNumberField;

    /// <inheritdoc/>
    public override string Kind => $"{Of.Kind}, a list of such, or an object with {Initial}";

    /// <inheritdoc/>
    public override string Values => $"{Of.Values}, or a schedule";

    /// <inheritdoc/>
    public override string Placeholder => $"{Of.Placeholder}|SCHEDULE";

    /// <inheritdoc/>
    public override object? DefaultValue => Default;

    /// <inheritdoc/>
    public override IReadOnlyList<SpecField> Members =>
    [
        new NumberField(Initial, "What it begins with.", Range),
        Steps, Factors, Cosines,
        new NumberField(Final, "Where the cosine leads.", new NumberRange(Math.Min(0, Range.Least), Range.Most)) { Default = 0 },
        WarmUps,
        .. Rules.Count == 0 ? Array.Empty<SpecField>() : [new WordField(Rule, "A rule of this program's own, which says the number of each round.", [.. Rules.Select(rule => rule.Name)])],
    ];

    private NumberRange Range => Of switch
    {
        WholeNumberField whole => new NumberRange(whole.Least, whole.Most),
        NumberField number => number.Range,
        _ => throw new InvalidOperationException($"{Name}: expected numbers, got {Of.Kind}"),
    };

    /// <summary>What is expected of a schedule that has a number in some round that can't be; null if nothing is.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="rounds">How many rounds there are.</param>
    internal string? Expected(Schedule schedule, int rounds)
    {
        if (schedule.Course is null)
            return null; // each number was read as the field's own
        for (var round = 1; round <= rounds; round++)
        {
            if (ExpectedOf(schedule.In(round)) is { } expected)
                return FormattableString.Invariant($"{expected} in every round (round {round} has {schedule.In(round):G6})");
        }

        return null;
    }

    /// <summary>Asks a rule of the host's own for its numbers, so that the schedule is a list of them; any other stays as it is.</summary>
    /// <param name="schedule">The schedule.</param>
    /// <param name="rounds">How many rounds there are.</param>
    /// <param name="errors">Gets what is wrong with the numbers.</param>
    internal Schedule Asked(Schedule schedule, int rounds, SpecErrors errors)
    {
        if (schedule.Own is not { } own)
            return schedule;
        var numbers = Enumerable.Range(1, rounds).Select(round => own.Rule.In(round, own.Initial)).ToList();
        for (var round = 1; round <= rounds; round++)
        {
            if (ExpectedOf(numbers[round - 1]) is not { } expected)
                continue;
            var (number, where) = (numbers[round - 1], round);
            errors.Add(() => new SpecError(Name, FormattableString.Invariant($"expected {expected} in every round, got {number:G6} in round {where} by rule '{own.Rule.Name}'")));
            return schedule;
        }

        if (IsWhole)
            numbers = [.. numbers.Select(number => Math.Round(number, MidpointRounding.AwayFromZero))];
        while (numbers is [.., var before, var last] && before == last)
            numbers.RemoveAt(numbers.Count - 1);
        if (numbers.Count > MaxLength)
            errors.Add(() => new SpecError(Name, FormattableString.Invariant($"expected at most {MaxLength:N0} rounds until the number stays, got {numbers.Count:N0} by rule '{own.Rule.Name}'")));
        return Schedule.ByRound(numbers);
    }

    internal override object? Read(JsonElement element, string path, SpecErrors errors) => element.ValueKind switch
    {
        JsonValueKind.Array => ReadList(element, path, errors),
        JsonValueKind.Object => ReadCourse(element, path, errors),
        _ => NumberOf(Of.Read(element, path, errors)) is { } number ? Schedule.FromDouble(number) : null,
    };

    internal override SpecField WithDefault(object? value) => this with { Default = (Schedule?)value };

    private protected override object? ReadKind(JsonElement element) => throw new NotSupportedException();

    private protected override string? Expected(object value) => null;

    private static double? NumberOf(object? read) => read switch
    {
        long whole => whole,
        double number => number,
        _ => null,
    };

    private string? ExpectedOf(double number) => IsWhole && double.IsFinite(number) ? Of.WhyNot((long)Math.Clamp(Math.Round(number, MidpointRounding.AwayFromZero), long.MinValue, int.MaxValue)) : double.IsFinite(number) ? Of.WhyNot(number) : Of.Values;

    private Schedule? ReadList(JsonElement element, string path, SpecErrors errors)
    {
        if (element.GetArrayLength() is var length && length is 0 or > MaxLength)
        {
            errors.Add(() => new SpecError(path, FormattableString.Invariant($"expected 1 to {MaxLength:N0} numbers, one a round, of which the last stays; got {length:N0}")));
            return null;
        }

        var numbers = new List<double>(length);
        foreach (var (index, item) in element.EnumerateArray().Index())
        {
            if (NumberOf(Of.Read(item, FormattableString.Invariant($"{path}[{index}]"), errors)) is { } number)
                numbers.Add(number);
        }

        return numbers.Count == length ? Schedule.ByRound(numbers) : null;
    }

    private Schedule? ReadCourse(JsonElement element, string path, SpecErrors errors)
    {
        var before = errors.Count;
        var given = SpecMembers.Read(element, Members, path, errors, "a schedule has");
        if (!SpecMembers.Has(element, Initial))
            errors.Add(path, $"expected {Initial}, what it begins with; got none");
        if (errors.Count > before)
            return null;
        if (given.ContainsKey(Step) != given.ContainsKey(Factor))
            errors.Add(path, $"expected {Step} and {Factor} together, got {(given.ContainsKey(Step) ? Step : Factor)} alone");
        if (given.ContainsKey(Final) && !given.ContainsKey(Cosine))
            errors.Add(path, $"expected {Cosine} with {Final}, got {Final} alone");
        if (given.ContainsKey(Step) && given.ContainsKey(Cosine))
            errors.Add(path, $"expected {Step} or {Cosine}, got both");
        if (given.ContainsKey(Rule) && given.Count > 2)
            errors.Add(path, $"expected {Initial} alone with {Rule}, got {string.Join(", ", given.Keys.Where(name => name is not (Rule or Initial)))} besides");
        if (errors.Count > before)
            return null;
        return given.TryGetValue(Rule, out var named)
            ? Schedule.By(new OwnCourse(Rules.First(rule => rule.Name == (string)named), (double)given[Initial]))
            : Schedule.By(new ScheduleCourse(
                (double)given[Initial], Whole(Step), Number(Factor), Whole(Cosine), Number(Final), Whole(WarmUp)));

        double? Number(string member) => given.TryGetValue(member, out var value) ? (double)value : null;
        int? Whole(string member) => given.TryGetValue(member, out var value) ? (int)(long)value : null;
    }
}
