using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities;

/// <summary>The measures of a host's own.</summary>
public sealed class MetricRegistry : ISpecAlternatives
{
    private readonly IReadOnlyList<IMetric> metrics;

    /// <summary>Those that the host has added.</summary>
    /// <exception cref="ArgumentException">Two have one name, a name is none, or there are more than a message holds.</exception>
    public MetricRegistry(params IEnumerable<IMetric> metrics)
    {
        this.metrics = [.. NamedParts.ByName("metric", metrics, metric => metric.Name).Values.OrderBy(metric => metric.Name, StringComparer.Ordinal)];
        if (this.metrics.Count > Metrics.MaxAdditional)
            throw new ArgumentException($"{this.metrics.Count} metrics are registered, expected at most {Metrics.MaxAdditional}", nameof(metrics));
    }

    string ISpecAlternatives.Field => "metric";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives =>
        [.. metrics.Select(metric => new SpecAlternative(metric.Name) { Package = metric.Package })];

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => metrics.Count == 0;

    /// <summary>What all of them say; null where none says a number.</summary>
    public IReadOnlyDictionary<string, double>? Measure(Predictions predictions)
    {
        var measured = metrics
            .Select(metric => KeyValuePair.Create(metric.Name, metric.Measure(predictions)))
            .Where(metric => double.IsFinite(metric.Value))
            .ToDictionary(StringComparer.Ordinal);
        return measured.Count == 0 ? null : measured;
    }
}
