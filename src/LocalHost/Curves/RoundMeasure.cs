using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Curves;

/// <summary>A number that a round's record has, named as trackers and plots name it: what is measured and, after a slash, whose it is (<c>accuracy/central</c>).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">Its value, which may be no finite number.</param>
internal readonly record struct RoundMeasure(string Name, double Value)
{
    private static readonly (string Prefix, string Whose)[] Additional = [("central.", "central"), ("evaluate.", "federated"), ("fit.", "fit")];

    /// <summary>What is measured.</summary>
    public string What => Name[..Name.LastIndexOf('/')];

    /// <summary>Whose it is.</summary>
    public string Whose => Name[(Name.LastIndexOf('/') + 1)..];

    /// <summary>All that a record has.</summary>
    public static IEnumerable<RoundMeasure> AllOf(RoundRecord record)
    {
        var counts = record.Count();
        (string Name, double? Value)[] measures =
        [
            ("accuracy/central", record.CentralAccuracy), ("accuracy/federated", record.EvaluateAccuracy), ("accuracy/fit", record.FitAccuracy),
            ("loss/central", record.CentralLoss), ("loss/federated", record.EvaluateLoss), ("loss/fit", record.FitLoss),
            ("clients/arrived", counts.Participants), ("clients/missing", counts.Missing), ("privacy/epsilon", record.Privacy?.Epsilon),
            ("seconds/round", record.Seconds),
        ];
        return measures.Where(measure => measure.Value is not null).Select(measure => new RoundMeasure(measure.Name, measure.Value!.Value))
            .Concat(AdditionalOf(record).OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => new RoundMeasure(NameOf(one.Key), one.Value)));
    }

    /// <summary>What was measured besides, by the record's keys; the smallest and the largest of the clients' as <c>fit.NAME.min</c> and <c>fit.NAME.max</c>.</summary>
    public static IEnumerable<KeyValuePair<string, double>> AdditionalOf(RoundRecord record) =>
        (record.Additional ?? new Dictionary<string, double>())
            .Concat((record.AdditionalRanges ?? new Dictionary<string, MetricRange>()).SelectMany(range => (KeyValuePair<string, double>[])
                [new($"{range.Key}.min", range.Value.Min), new($"{range.Key}.max", range.Value.Max)]))
            .DistinctBy(one => one.Key, StringComparer.Ordinal); // a client may call a metric of its own so

    private static string NameOf(string key)
    {
        foreach (var (prefix, whose) in Additional)
        {
            if (key.StartsWith(prefix, StringComparison.Ordinal))
                return $"{key[prefix.Length..]}/{whose}";
        }

        return $"{key}/round";
    }
}
