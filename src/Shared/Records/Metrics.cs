using System.Text.Json.Serialization;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Records;

/// <summary>What was measured over a set of examples.</summary>
/// <param name="Loss">The mean cross entropy per example, in nats.</param>
/// <param name="Accuracy">The share of examples whose largest logit is their label's, 0 to 1.</param>
/// <param name="Additional">Whatever else an engine measures, as means over the examples, by name; null when there is nothing.</param>
public sealed record Metrics(double Loss, double Accuracy, IReadOnlyDictionary<string, double>? Additional = null)
{
    /// <summary>So many additional metrics travel in a message, and so many a client may report.</summary>
    public const int MaxAdditional = 16;

    /// <summary>The additional metric of an attack by a backdoor: the share of test images of other classes that its trigger has taken for its own.</summary>
    public const string BackdoorSuccess = "backdoorSuccess";

    private const int MaxNameLength = 40;

    // No cross entropy of single-precision logits is larger, and however many are added up, the sum stays finite.
    private const double MaxMagnitude = 1e39;

    // A loss of nothing may come out as a little less, by rounding.
    private const double LeastLoss = -1e-6;

    /// <summary>
    /// The mean of every metric, weighted by number of examples and summed in the order given. An additional metric that only some
    /// report is averaged over those that do. Of more than <see cref="MaxAdditional"/> those stay that most examples stand behind.
    /// </summary>
    /// <returns>Null when the weights add up to nothing.</returns>
    public static Metrics? WeightedMean(IEnumerable<(Metrics Metrics, long Examples)> parts)
    {
        double loss = 0, accuracy = 0;
        long examples = 0;
        var additional = new SortedDictionary<string, (double Sum, long Examples)>(StringComparer.Ordinal);
        foreach (var (metrics, weight) in parts)
        {
            loss += metrics.Loss * weight;
            accuracy += metrics.Accuracy * weight;
            examples += weight;
            foreach (var (name, value) in metrics.Additional ?? new Dictionary<string, double>())
            {
                var sofar = additional.GetValueOrDefault(name);
                additional[name] = (sofar.Sum + value * weight, sofar.Examples + weight);
            }
        }

        if (examples == 0)
            return null;
        var means = additional.Where(entry => entry.Value.Examples > 0)
            .OrderByDescending(entry => entry.Value.Examples)
            .Take(MaxAdditional)
            .OrderBy(entry => entry.Key, StringComparer.Ordinal)
            .ToDictionary(entry => entry.Key, entry => entry.Value.Sum / entry.Value.Examples, StringComparer.Ordinal);
        return new Metrics(loss / examples, accuracy / examples, means.Count == 0 ? null : means);
    }

    /// <summary>What is wrong with these as anybody's metrics, for a person; null if nothing is.</summary>
    [JsonIgnore]
    public string? Problem
    {
        get
        {
            if (Loss is not (>= LeastLoss and <= MaxMagnitude))
                return FormattableString.Invariant($"its loss is {Loss:G4}, expected 0 to {MaxMagnitude:G1}");
            if (Accuracy is not (>= 0 and <= 1))
                return FormattableString.Invariant($"its accuracy is {Accuracy:G4}, expected 0 to 1");
            if (Additional is null)
                return null;
            if (Additional.Count > MaxAdditional)
                return FormattableString.Invariant($"it has {Additional.Count} additional metrics, expected at most {MaxAdditional}");
            foreach (var (name, value) in Additional)
            {
                if (name.Length is 0 or > MaxNameLength || name.Any(ActingCharacters.Contains))
                    return $"it names a metric '{Reasons.Shorten(name, MaxNameLength)}', expected 1 to {MaxNameLength} characters, none of them a control character";
                if (value is not (>= -MaxMagnitude and <= MaxMagnitude))
                    return FormattableString.Invariant($"its metric '{name}' is {value:G4}, expected {-MaxMagnitude:G1} to {MaxMagnitude:G1}");
            }

            return null;
        }
    }

    /// <summary>Whether no metric is infinite or not a number.</summary>
    [JsonIgnore]
    public bool AreFinite =>
        double.IsFinite(Loss) && double.IsFinite(Accuracy) && (Additional is null || Additional.Values.All(double.IsFinite));
}
