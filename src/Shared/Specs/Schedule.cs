using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Specs;

/// <summary>
/// A number for each round: the same in all, <c>0.1</c>, one by one, <c>[0.1, 0.05]</c>, of which the last stays, or by a
/// <see cref="ScheduleCourse"/>, <c>{"initial":0.1,"step":10,"factor":0.5}</c>. It is reckoned without the platform's own functions, so that it
/// is the same number on every machine.
/// </summary>
[JsonConverter(typeof(ScheduleJson))]
public sealed class Schedule : IEquatable<Schedule>
{
    private readonly IReadOnlyList<double> values;

    private Schedule(IReadOnlyList<double> values, ScheduleCourse? course = null, OwnCourse? own = null)
    {
        this.values = values;
        Course = course;
        Own = own;
    }

    /// <summary>By what rule it goes on; null where it is the same in all rounds, or given round by round.</summary>
    public ScheduleCourse? Course { get; }

    /// <summary>Whether it is the same in all rounds.</summary>
    public bool IsConstant => Course is null && values.Count == 1;

    /// <summary>The number of the first round: that of all, if it is the same in all.</summary>
    public double First => In(1);

    internal IReadOnlyList<double> Values => values;

    /// <summary>The rule of a host's own that gives the numbers; null once they are there.</summary>
    internal OwnCourse? Own { get; }

    /// <summary>The same number in all rounds.</summary>
    public static implicit operator Schedule(double value) => FromDouble(value);

    /// <summary>Whether both give the same numbers by the same rule.</summary>
    public static bool operator ==(Schedule? left, Schedule? right) => left is null ? right is null : left.Equals(right);

    /// <summary>Whether they don't.</summary>
    public static bool operator !=(Schedule? left, Schedule? right) => !(left == right);

    /// <summary>The same number in all rounds.</summary>
    public static Schedule FromDouble(double value) => new([value]);

    /// <summary>Round by round; the last number is that of all rounds after.</summary>
    /// <param name="values">At least one number.</param>
    public static Schedule ByRound(params IReadOnlyList<double> values)
    {
        ArgumentOutOfRangeException.ThrowIfZero(values.Count, nameof(values));
        return new Schedule(values);
    }

    /// <summary>By a rule.</summary>
    public static Schedule By(ScheduleCourse course) => new([], course);

    /// <summary>By a rule of a host's own, whose numbers are still to be asked for.</summary>
    internal static Schedule By(OwnCourse own) => new([own.Initial], own: own);

    /// <summary>The number of a round.</summary>
    /// <param name="round">The round, from 1.</param>
    public double In(int round)
    {
        var index = Math.Max(round, 1) - 1;
        return Course is null ? values[Math.Min(index, values.Count - 1)] : Course.After(index);
    }

    /// <inheritdoc/>
    public bool Equals(Schedule? other) => other is not null && Course == other.Course && Own == other.Own && values.SequenceEqual(other.values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as Schedule);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(values.Count, Course, values.Count > 0 ? values[0] : 0);

    /// <summary>As a person writes it on a command line.</summary>
    public override string ToString() =>
        Course?.ToString() ?? Own?.ToString() ?? (IsConstant ? Text(values[0]) : $"[{string.Join(',', values.Select(Text))}]");

    private static string Text(double value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>How a number goes from round to round.</summary>
/// <param name="Initial">What it begins with, after <paramref name="WarmUp"/>.</param>
/// <param name="Step">After so many rounds it is multiplied by <paramref name="Factor"/>, and again after as many; null for no steps.</param>
/// <param name="Factor">By how much it is multiplied.</param>
/// <param name="Cosine">In so many rounds it goes to <paramref name="Final"/> along half a cosine, and stays there; null for no cosine.</param>
/// <param name="Final">Where the cosine leads; null for 0.</param>
/// <param name="WarmUp">So many rounds come before, in which it rises to <paramref name="Initial"/> in equal steps; null for none.</param>
public sealed record ScheduleCourse(double Initial, int? Step = null, double? Factor = null, int? Cosine = null, double? Final = null, int? WarmUp = null)
{
    /// <summary>The number after some rounds.</summary>
    internal double After(int rounds)
    {
        var warmUp = WarmUp ?? 0;
        if (rounds < warmUp)
            return Initial * (rounds + 1) / (warmUp + 1);
        var since = rounds - warmUp;
        if (Step is { } step)
            return Initial * Power(Factor ?? 1, since / step);
        if (Cosine is not { } length)
            return Initial;
        var end = Final ?? 0;
        return since >= length ? end : end + ((Initial - end) * (1 + PortableMath.CosPi((double)since / length)) / 2);
    }

    /// <summary>As a person writes it on a command line: <c>initial=0.1,step=10,factor=0.5</c>.</summary>
    public override string ToString() => string.Join(',', Members().Select(member => string.Create(CultureInfo.InvariantCulture, $"{member.Name}={member.Value}")));

    internal IEnumerable<(string Name, double Value)> Members()
    {
        (string Name, double? Value)[] all =
        [
            (ScheduleField.Initial, Initial), (ScheduleField.Step, Step), (ScheduleField.Factor, Factor), (ScheduleField.Cosine, Cosine),
            (ScheduleField.Final, Final), (ScheduleField.WarmUp, WarmUp),
        ];
        return from member in all where member.Value is not null select (member.Name, member.Value!.Value);
    }

    // By squaring, each product rounded alike everywhere.
    private static double Power(double factor, int exponent)
    {
        var power = 1.0;
        for (; exponent > 0; exponent >>= 1, factor *= factor)
        {
            if ((exponent & 1) != 0)
                power *= factor;
        }

        return power;
    }
}

/// <summary>How a number goes from round to round by a rule of a host's own.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Initial">What it begins with.</param>
internal sealed record OwnCourse(ISchedule Rule, double Initial)
{
    /// <summary>As a person writes it on a command line: <c>initial=0.1,rule=halvings</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ScheduleField.Initial}={Initial},{ScheduleField.Rule}={Rule.Name}");
}

/// <summary>Writes one number as it is, and the others as an array or an object.</summary>
internal sealed class ScheduleJson : JsonConverter<Schedule>
{
    public override Schedule Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
            return reader.GetDouble();
        using var document = JsonDocument.ParseValue(ref reader);
        var errors = new SpecErrors();
        var read = ScheduleField.Any.Read(document.RootElement, "schedule", errors);
        return read as Schedule ?? throw new JsonException("expected a number, an array of numbers, or an object with initial");
    }

    public override void Write(Utf8JsonWriter writer, Schedule value, JsonSerializerOptions options)
    {
        if (value.Course is { } course)
        {
            writer.WriteStartObject();
            foreach (var (name, number) in course.Members())
                writer.WriteNumber(name, number);
            writer.WriteEndObject();
            return;
        }

        if (value.IsConstant)
        {
            writer.WriteNumberValue(value.First);
            return;
        }

        writer.WriteStartArray();
        foreach (var number in value.Values)
            writer.WriteNumberValue(number);
        writer.WriteEndArray();
    }
}
