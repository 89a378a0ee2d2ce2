using System.Text.Json.Serialization;

namespace FlDurable.Shared.Contracts;

/// <summary>What was measured over a set of examples.</summary>
/// <param name="Loss">The mean cross entropy per example, in nats.</param>
/// <param name="Accuracy">The share of examples whose largest logit is their label's, 0 to 1.</param>
/// <param name="Additional">Whatever else an engine measures, as means over the examples, by name; null when there is nothing.</param>
public sealed record Metrics(double Loss, double Accuracy, IReadOnlyDictionary<string, double>? Additional = null)
{
    /// <summary>
    /// The mean of every metric, weighted by number of examples and summed in the order given. An additional metric that only some
    /// report is averaged over those that do.
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
            .ToDictionary(entry => entry.Key, entry => entry.Value.Sum / entry.Value.Examples, StringComparer.Ordinal);
        return new Metrics(loss / examples, accuracy / examples, means.Count == 0 ? null : means);
    }

    /// <summary>Whether no metric is infinite or not a number.</summary>
    [JsonIgnore]
    public bool AreFinite =>
        double.IsFinite(Loss) && double.IsFinite(Accuracy) && (Additional is null || Additional.Values.All(double.IsFinite));
}
