using FlDurable.Shared.Records;

namespace FlDurable.ClientActivities;

/// <summary>What was counted over images.</summary>
/// <param name="Loss">The sum of their losses.</param>
/// <param name="Correct">Images whose largest logit is their label's.</param>
/// <param name="Images">How many.</param>
internal readonly record struct Score(double Loss, int Correct, int Images)
{
    public static Score operator +(Score left, Score right) =>
        new(left.Loss + right.Loss, left.Correct + right.Correct, left.Images + right.Images);

    /// <summary>Means over the images.</summary>
    public Metrics ToMetrics() => new(Loss / Images, (double)Correct / Images);
}
