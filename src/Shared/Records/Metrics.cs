using System.Text.Json.Serialization;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Texts;

namespace FlDurable.Shared.Records;

/// <summary>What was measured over a set of examples.</summary>
/// <param name="Loss">The mean cross entropy per example, in nats.</param>
/// <param name="Accuracy">The share of examples whose largest logit is their label's, 0 to 1.</param>
/// <param name="Additional">
/// Whatever else an engine or a metric of somebody's own measures, by name; null when there is nothing. Clients' numbers are averaged by their examples.
/// </param>
public sealed record Metrics(double Loss, double Accuracy, IReadOnlyDictionary<string, double>? Additional = null)
{
    /// <summary>So many bytes of JSON additional metrics may have: what a client may report, and what travels in a message.</summary>
    public const int MaxAdditionalBytes = 2048;

    /// <summary>The additional metric of an attack by a backdoor: the share of test images of other classes that its trigger has taken for its own.</summary>
    public const string BackdoorSuccess = "backdoorSuccess";

    private const int MaxNameLength = 40;

    // The braces, without the comma that the last member doesn't have.
    private const int BytesAround = 1;

    // No cross entropy of single-precision logits is larger, and however many are added up, the sum stays finite.
    private const double MaxMagnitude = 1e39;

    // A loss of nothing may come out as a little less, by rounding.
    private const double LeastLoss = -1e-6;

    /// <summary>How often an attack's backdoor has opened (<see cref="BackdoorSuccess"/>), 0 to 1; null where there is none.</summary>
    public double? FindBackdoorSuccess() => Additional?.TryGetValue(BackdoorSuccess, out var success) == true ? success : null;

    /// <summary>
    /// The mean of every metric, weighted by number of examples and summed in the order given. An additional metric that only some
    /// report is averaged over those that do. Of more than <see cref="MaxAdditionalBytes"/> those stay that most examples stand behind.
    /// </summary>
    /// <returns>Null when the weights add up to nothing.</returns>
    public static Metrics? WeightedMean(IEnumerable<(Metrics Metrics, long Examples)> parts)
    {
        var sum = new WeightedSum();
        foreach (var (metrics, examples) in parts)
            sum.Add(metrics, examples);
        return sum.ToMean();
    }

    /// <summary>What <see cref="WeightedMean"/> is made of, for whoever has the parts one after another.</summary>
    public sealed class WeightedSum
    {
        private readonly SortedDictionary<string, (double Sum, long Examples)> additional = new(StringComparer.Ordinal);
        private double loss;
        private double accuracy;
        private long examples;

        /// <summary>Adds a part.</summary>
        /// <param name="metrics">What was measured.</param>
        /// <param name="weight">Over how many examples.</param>
        public void Add(Metrics metrics, long weight)
        {
            loss += metrics.Loss * weight;
            accuracy += metrics.Accuracy * weight;
            examples += weight;
            if (metrics.Additional is null)
                return;
            foreach (var (name, value) in metrics.Additional)
            {
                var sofar = additional.GetValueOrDefault(name);
                additional[name] = (sofar.Sum + value * weight, sofar.Examples + weight);
            }
        }

        /// <summary>The mean of what was added; null when the weights add up to nothing.</summary>
        public Metrics? ToMean()
        {
            if (examples == 0)
                return null;
            var means = additional.Where(entry => entry.Value.Examples > 0)
                .OrderByDescending(entry => entry.Value.Examples)
                .Select(entry => KeyValuePair.Create(entry.Key, entry.Value.Sum / entry.Value.Examples));
            var kept = WhatFits(means).OrderBy(entry => entry.Key, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);
            return new Metrics(loss / examples, accuracy / examples, kept.Count == 0 ? null : kept);
        }
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
            foreach (var (name, value) in Additional)
            {
                if (name.Length is 0 or > MaxNameLength || name.Any(ActingCharacters.Contains))
                    return $"it names a metric '{Reasons.Shorten(name, MaxNameLength)}', expected 1 to {MaxNameLength} characters, none of them a control character";
                if (value is not (>= -MaxMagnitude and <= MaxMagnitude))
                    return FormattableString.Invariant($"its metric '{name}' is {value:G4}, expected {-MaxMagnitude:G1} to {MaxMagnitude:G1}");
            }

            var bytes = Additional.Sum(BytesOf) + BytesAround;
            return bytes <= MaxAdditionalBytes
                ? null
                : FormattableString.Invariant($"its {Additional.Count} additional metrics are {bytes:N0} bytes of JSON, expected at most {MaxAdditionalBytes:N0}");
        }
    }

    /// <summary>The first so many whose JSON is short enough.</summary>
    private static IEnumerable<KeyValuePair<string, double>> WhatFits(IEnumerable<KeyValuePair<string, double>> metrics)
    {
        var bytes = BytesAround;
        return metrics.TakeWhile(metric => (bytes += BytesOf(metric)) <= MaxAdditionalBytes);
    }

    /// <summary>How long a metric is as a member of a JSON object, with the comma after it.</summary>
    private static int BytesOf(KeyValuePair<string, double> metric) =>
        ContractJson.SerializeToUtf8(metric.Key).Length + ContractJson.SerializeToUtf8(metric.Value).Length + ":,".Length;

    /// <summary>Whether no metric is infinite or not a number.</summary>
    [JsonIgnore]
    public bool AreFinite =>
        double.IsFinite(Loss) && double.IsFinite(Accuracy) && (Additional is null || Additional.Values.All(double.IsFinite));
}
