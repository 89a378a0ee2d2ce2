namespace FlDurable.Shared.Specs;

/// <summary>A measure of a round, by the name that it has in the round's record.</summary>
public static class MeasuredMetric
{
    private const string OwnPrefix = "central.";

    /// <summary>Those that every host has.</summary>
    public static IReadOnlyList<string> Names { get; } = ["centralAccuracy", "centralLoss", "evaluateAccuracy", "evaluateLoss", "fitAccuracy", "fitLoss"];

    /// <summary>Those that every host has of the central test set where the spec asks for them (<see cref="FederationSpec.Metrics"/>), named so in it.</summary>
    public static IReadOnlyList<string> OnRequest { get; } = ["balancedAccuracy", "calibrationError", "macroF1", "top5Accuracy"];

    /// <summary>Whether one value is better than another: of what is called a loss or an error the smaller, of others the larger.</summary>
    public static bool IsBetter(string name, double value, double than) => IsLoss(name) ? value < than : value > than;

    /// <summary>Whether a value is as good as another, or better.</summary>
    public static bool Reaches(string name, double value, double other) => value == other || IsBetter(name, value, other);

    /// <summary>What of a spec keeps it from being measured; null if nothing does.</summary>
    /// <param name="spec">The spec.</param>
    /// <param name="name">The measure.</param>
    /// <param name="own">The names of the host's own metrics, which are always measured.</param>
    public static string? WhyNot(FederationSpec spec, string name, IEnumerable<string> own) => name switch
    {
        ['c', 'e', ..] when !spec.CentralEvaluation => "centralEvaluation is false",
        _ when FindOwn(name) is { } asked && OnRequest.Except(own).Contains(asked) && !spec.MetricNames().Contains(asked) => $"metrics does not name {asked}",
        ['e', 'v', ..] when spec.FractionEvaluate == 0 => "fractionEvaluate is 0",
        ['e', 'v', ..] when spec.ValidationFraction == 0 => "validationFraction is 0",
        _ => null,
    };

    /// <summary>The name of what a metric of the host's own says of the global parameters on the central test set.</summary>
    public static string OfOwn(string metric) => OwnPrefix + metric;

    /// <summary>The metric of a host's own that a measure is of; null if it is one that every host has.</summary>
    public static string? FindOwn(string name) => name.StartsWith(OwnPrefix, StringComparison.Ordinal) ? name[OwnPrefix.Length..] : null;

    /// <summary>Whether it is a share of images.</summary>
    public static bool IsAccuracy(string name) => FindOwn(name) is null && name.EndsWith("Accuracy", StringComparison.Ordinal);

    private static bool IsLoss(string name) =>
        name.EndsWith("loss", StringComparison.OrdinalIgnoreCase) || name.EndsWith("error", StringComparison.OrdinalIgnoreCase);
}
