using System.Globalization;
using System.Text.Json;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Specs;

/// <summary>A number.</summary>
public sealed record NumberField(string Name, string Meaning, NumberRange Range) : SpecField(Name, Meaning)
{
    private const double SmallestSingle = 1.2e-38;

    /// <summary>Whether engines reckon with it in single precision, in which it must be in the range, too, and not be nothing at all.</summary>
    public bool IsSingle { get; init; }

    /// <summary>What it is when it is not given.</summary>
    public double? Default { get; init; }

    /// <inheritdoc/>
    public override string Kind => "a number";

    /// <inheritdoc/>
    public override string Values => Range.ToString();

    /// <inheritdoc/>
    public override string Placeholder => "X";

    /// <inheritdoc/>
    public override object? DefaultValue => Default;

    internal override SpecField WithDefault(object? value) => this with { Default = (double?)value };

    private protected override object? ReadKind(JsonElement element) =>
        element.ValueKind == JsonValueKind.Number && element.TryGetDouble(out var number) ? number : null;

    private protected override string? Expected(object value)
    {
        var number = (double)value;
        if (!Range.Contains(number))
            return Values;
        if (IsSingle && number is > 0 and < SmallestSingle)
            return FormattableString.Invariant($"{SmallestSingle} or more, the least that single precision has");
        return IsSingle && !Range.Contains((float)number) ? $"{Values}, also in single precision" : null;
    }
}

/// <summary>A whole number; <c>5.0</c> is one, too.</summary>
public sealed record WholeNumberField(string Name, string Meaning, long Least, long Most) : SpecField(Name, Meaning)
{
    /// <summary>What a word stands for that leaves the number open. As a number it is none that the field takes.</summary>
    internal const int Open = 0;

    /// <summary>Which values it takes, in words, where that depends on other fields.</summary>
    public string? Words { get; init; }

    /// <summary>What it is when it is not given.</summary>
    public long? Default { get; init; }

    /// <summary>A word that can stand in a number's place, and leaves it open; null where none can.</summary>
    public string? Word { get; init; }

    /// <inheritdoc/>
    public override string Kind => Word is null ? "a whole number" : $"a whole number or {Word}";

    /// <inheritdoc/>
    public override string Values => Words ?? FormattableString.Invariant($"{Least} to {Most}{(Word is null ? "" : $", or {Word}")}");

    /// <inheritdoc/>
    public override string Placeholder => Word is null ? "N" : $"N|{Word}";

    /// <inheritdoc/>
    public override object? DefaultValue => Word is not null && Default == Open ? Word : Default;

    internal override SpecField WithDefault(object? value) => this with { Default = value is null ? null : Convert.ToInt64(value, CultureInfo.InvariantCulture) };

    private protected override object? ReadKind(JsonElement element)
    {
        if (Word is not null && SpecDocument.FindText(element) == Word)
            return Word;
        return element.ValueKind == JsonValueKind.Number && WholeNumber.TryRead(element, out var number) ? number : null;
    }

    private protected override string? Expected(object value) => value is string || ((long)value >= Least && (long)value <= Most) ? null : Values;
}

/// <summary>A range of finite numbers.</summary>
/// <param name="Least">Where it begins.</param>
/// <param name="Most">Where it ends; infinity if it does not.</param>
public readonly record struct NumberRange(double Least, double Most)
{
    /// <summary>Whether <see cref="Least"/> itself is no part of it.</summary>
    public bool IsAboveLeast { get; init; }

    /// <summary>Whether <see cref="Most"/> itself is no part of it.</summary>
    public bool IsBelowMost { get; init; }

    /// <summary>Whether a number is in it.</summary>
    public bool Contains(double number) =>
        double.IsFinite(number) && (IsAboveLeast ? number > Least : number >= Least) && (IsBelowMost ? number < Most : number <= Most);

    /// <summary>As a person says it: <c>above 0 to 1</c>.</summary>
    public override string ToString()
    {
        var least = FormattableString.Invariant($"{(IsAboveLeast ? "above " : "")}{Least}");
        if (double.IsPositiveInfinity(Most))
            return IsAboveLeast ? least : $"{least} or more";
        return FormattableString.Invariant($"{least} to {(IsBelowMost ? "below " : "")}{Most}");
    }
}
