namespace FlDurable.Shared.Specs;

/// <summary>How clients' privacy is kept: <see cref="PrivacyOptions"/>.</summary>
public sealed record PrivacyField(string Name, string Meaning) : ObjectField(Name, Meaning)
{
    /// <summary>What must be given in any case.</summary>
    public const string Required = NoiseMultiplierName;

    internal const string AtName = "at";
    internal const string ClippingName = "clipping";
    internal const string ClipName = "clip";
    internal const string NoiseMultiplierName = "noiseMultiplier";
    internal const string DeltaName = "delta";
    internal const string MaxEpsilonName = "maxEpsilon";
    internal const string QuantileName = "quantile";
    internal const string ClipRateName = "clipRate";
    internal const string CountNoiseName = "countNoise";

    private const double Most = 1e6;

    /// <inheritdoc/>
    public override string Kind => $"an object with {NoiseMultiplierName} and {ClipName}";

    /// <inheritdoc/>
    public override string Placeholder => $"{ClipName}=X,{NoiseMultiplierName}=X";

    /// <inheritdoc/>
    public override IReadOnlyList<SpecField> Members { get; } =
    [
        new WordField(AtName, "Who adds the noise: the server, to the mean, or each client, to its update.", [PrivacyOptions.Server, PrivacyOptions.Client]) { Default = PrivacyOptions.Server },
        new WordField(ClippingName, "Whether the clip stays, or follows the updates' norms.", [PrivacyOptions.Fixed, PrivacyOptions.Adaptive]) { Default = PrivacyOptions.Fixed },
        new NumberField(ClipName, "The largest norm of an update.", new NumberRange(0, Most) { IsAboveLeast = true }) { DefaultMeaning = "none; with adaptive clipping 0.1 before the first round" },
        new NumberField(NoiseMultiplierName, "The noise's standard deviation in clips; 0 is no noise.", new NumberRange(0, Most)),
        new NumberField(DeltaName, "The chance that epsilon does not hold.", new NumberRange(0, 1) { IsAboveLeast = true, IsBelowMost = true }) { Default = PrivacyOptions.UsualDelta },
        new NumberField(MaxEpsilonName, "The federation ends before its epsilon passes it.", new NumberRange(0, Most) { IsAboveLeast = true }) { DefaultMeaning = "none" },
        new NumberField(QuantileName, "With adaptive clipping, the share of updates that are to be within the clip.", new NumberRange(0, 1) { IsAboveLeast = true, IsBelowMost = true }) { Default = PrivacyOptions.UsualQuantile },
        new NumberField(ClipRateName, "With adaptive clipping, how fast the clip follows.", new NumberRange(0, 10) { IsAboveLeast = true }) { Default = PrivacyOptions.UsualClipRate },
        new NumberField(CountNoiseName, "With adaptive clipping, the standard deviation of the noise on how many are.", new NumberRange(0, Most) { IsAboveLeast = true }) { DefaultMeaning = "a 20th of the expected cohort" },
    ];

    private protected override (string Member, string Meaning) MustHave => (NoiseMultiplierName, "the noise's standard deviation in clips");

    private protected override object Make(IReadOnlyDictionary<string, object> given, string path, SpecErrors errors)
    {
        var options = new PrivacyOptions(
            (double)given[NoiseMultiplierName], Word(AtName) ?? PrivacyOptions.Server, Word(ClippingName) ?? PrivacyOptions.Fixed, Number(ClipName), Number(DeltaName) ?? PrivacyOptions.UsualDelta,
            Number(MaxEpsilonName), Number(QuantileName) ?? PrivacyOptions.UsualQuantile, Number(ClipRateName) ?? PrivacyOptions.UsualClipRate, Number(CountNoiseName));
        Check(options, path, errors);
        return options;

        double? Number(string member) => given.TryGetValue(member, out var value) ? (double)value : null;
        string? Word(string member) => given.TryGetValue(member, out var value) ? (string)value : null;
    }

    private static void Check(PrivacyOptions options, string path, SpecErrors errors)
    {
        if (options is { IsAdaptive: false, Clip: null })
            errors.Add($"{path}.{ClipName}", "expected the largest norm of an update, since noise is measured by it; got none");
        if (options is { IsAdaptive: true, IsAtServer: false })
            errors.Add($"{path}.{ClippingName}", $"expected {PrivacyOptions.Fixed} where clients add the noise: none of them knows the others' norms");
        if (options is { NoiseMultiplier: 0, MaxEpsilon: not null })
            errors.Add($"{path}.{MaxEpsilonName}", $"expected none with {NoiseMultiplierName} 0, which spends all at once");
    }
}
