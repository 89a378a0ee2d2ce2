using System.Globalization;
using System.Text.Json;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Specs;

/// <summary>A list of numbers.</summary>
/// <param name="Name">The field's name.</param>
/// <param name="Meaning">What it is.</param>
/// <param name="Range">Which numbers it takes.</param>
public sealed record NumbersField(string Name, string Meaning, NumberRange Range) : SpecField(Name, Meaning)
{
    /// <summary>The most numbers of a list.</summary>
    public const int MaxLength = 1_000_000;

    /// <summary>Whether it takes whole numbers only.</summary>
    public bool IsWhole { get; init; }

    /// <summary>What it is when it is not given.</summary>
    public IReadOnlyList<double>? Default { get; init; }

    /// <inheritdoc/>
    public override string Kind => IsWhole ? "a list of whole numbers" : "a list of numbers";

    /// <inheritdoc/>
    public override string Values => $"a list of numbers, each {Range}";

    /// <inheritdoc/>
    public override string Placeholder => IsWhole ? "N,N,…" : "X,X,…";

    /// <inheritdoc/>
    public override object? DefaultValue => Default;

    internal override object? Read(JsonElement element, string path, SpecErrors errors)
    {
        if (element.ValueKind != JsonValueKind.Array)
            return base.Read(element, path, errors);
        if (element.GetArrayLength() is > MaxLength and var length)
        {
            errors.Add(() => new SpecError(path, FormattableString.Invariant($"expected at most {MaxLength:N0} numbers, got {length:N0}")));
            return null;
        }

        var numbers = new List<double>();
        foreach (var (index, item) in element.EnumerateArray().Index())
        {
            if (NumberIn(item) is { } number)
                numbers.Add(number);
            else
                errors.Add(() => new SpecError(string.Create(CultureInfo.InvariantCulture, $"{path}[{index}]"), $"expected {(IsWhole ? "a whole number, " : "")}{Range}, got {SpecText.Of(item)}"));
        }

        return numbers.Count == element.GetArrayLength() ? numbers : null;
    }

    internal override SpecField WithDefault(object? value) => this with { Default = (IReadOnlyList<double>?)value };

    private protected override object? ReadKind(JsonElement element) => null;

    private protected override string? Expected(object value) => null;

    private double? NumberIn(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Number || !item.TryGetDouble(out var number) || !Range.Contains(number))
            return null;
        return !IsWhole || WholeNumber.TryRead(item, out _) ? number : null;
    }
}
