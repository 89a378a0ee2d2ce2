using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Specs;

/// <summary>How pixels are normalised: a <see cref="PixelNormalization"/>.</summary>
public sealed record NormalizationField(string Name, string Meaning) : ObjectField(Name, Meaning)
{
    /// <summary>What must be given in any case.</summary>
    public static readonly IReadOnlyList<string> Required = [MeanName, StdName];

    internal const string MeanName = "mean";
    internal const string StdName = "std";

    // Pixels are 0 to 1: what is smaller makes of the least difference between two more than 4.
    private const double SmallestStd = 0.001;

    /// <inheritdoc/>
    public override string Kind => $"an object with {MeanName} and {StdName}";

    /// <inheritdoc/>
    public override string Placeholder => $"{MeanName}=X/X/X,{StdName}=X/X/X";

    /// <inheritdoc/>
    public override IReadOnlyList<SpecField> Members { get; } =
    [
        new NumbersField(MeanName, "The mean of each channel's pixels, of which black is 0 and white 1; one number is for all channels.", new NumberRange(0, 1)),
        new NumbersField(StdName, "Their standard deviation, likewise.", new NumberRange(SmallestStd, 1)),
    ];

    private protected override (string Member, string Meaning) MustHave => (MeanName, "the mean of each channel");

    private protected override object Make(IReadOnlyDictionary<string, object> given, string path, SpecErrors errors)
    {
        IReadOnlyList<double> Numbers(string member)
        {
            var numbers = (IReadOnlyList<double>?)given.GetValueOrDefault(member) ?? [];
            if (numbers.Count == 0)
                errors.Add($"{path}.{member}", "expected a number for each channel, or one for all; got none");
            return numbers;
        }

        return new PixelNormalization(Numbers(MeanName), Numbers(StdName));
    }
}
