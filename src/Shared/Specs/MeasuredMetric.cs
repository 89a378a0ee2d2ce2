namespace FlDurable.Shared.Specs;

/// <summary>A measure of a round, by the name that it has in the round's record.</summary>
public static class MeasuredMetric
{
    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> Names { get; } = ["centralAccuracy", "centralLoss", "evaluateAccuracy", "evaluateLoss", "fitAccuracy", "fitLoss"];

    /// <summary>Whether one value is better than another: of losses the smaller, of accuracies the larger.</summary>
    public static bool IsBetter(string name, double value, double than) => IsLoss(name) ? value < than : value > than;

    /// <summary>Whether a value is as good as another, or better.</summary>
    public static bool Reaches(string name, double value, double other) => value == other || IsBetter(name, value, other);

    /// <summary>What of a spec keeps it from being measured; null if nothing does.</summary>
    public static string? WhyNot(FederationSpec spec, string name) => name switch
    {
        ['c', 'e', ..] when !spec.CentralEvaluation => "centralEvaluation is false",
        ['e', 'v', ..] when spec.FractionEvaluate == 0 => "fractionEvaluate is 0",
        ['e', 'v', ..] when spec.ValidationFraction == 0 => "validationFraction is 0",
        _ => null,
    };

    private static bool IsLoss(string name) => name.EndsWith("Loss", StringComparison.Ordinal);
}
