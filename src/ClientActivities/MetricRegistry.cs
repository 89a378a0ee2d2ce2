using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities;

/// <summary>The measures of a host's own, which are always taken, and those that every host takes when a spec asks for them.</summary>
public sealed class MetricRegistry : ISpecAlternatives
{
    // With what a spec asks for, and an attack's success, they are shorter than Metrics.MaxAdditionalBytes whatever they are called.
    private const int MostOwn = 20;

    private readonly IReadOnlyList<IMetric> metrics;

    /// <summary>Those that the host has added.</summary>
    /// <exception cref="ArgumentException">Two have one name, a name is none, or there are more than a message holds.</exception>
    public MetricRegistry(params IEnumerable<IMetric> metrics)
    {
        this.metrics = [.. NamedParts.ByName("metric", metrics, metric => metric.Name).Values.OrderBy(metric => metric.Name, StringComparer.Ordinal)];
        if (this.metrics.Count > MostOwn)
            throw new ArgumentException($"{this.metrics.Count} metrics are registered, expected at most {MostOwn}", nameof(metrics));
    }

    string ISpecAlternatives.Field => "metric";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives =>
        [.. metrics.Select(metric => new SpecAlternative(metric.Name) { Package = metric.Package })];

    /// <summary>Whether the host has none of its own.</summary>
    public bool IsEmpty => metrics.Count == 0;

    /// <summary>Those that are taken of a federation: the host's own, and what its spec asks for, but for what the host has one of that name for.</summary>
    public IReadOnlyList<IMetric> For(FederationSpec spec)
    {
        var asked = spec.MetricNames();
        return [.. metrics, .. ClassificationMetrics.All.Where(metric => asked.Contains(metric.Name) && metrics.All(own => own.Name != metric.Name))];
    }

    /// <summary>What metrics say; null where none says a number.</summary>
    public static IReadOnlyDictionary<string, double>? Measure(IReadOnlyList<IMetric> metrics, Predictions predictions)
    {
        var measured = metrics
            .Select(metric => KeyValuePair.Create(metric.Name, metric.Measure(predictions)))
            .Where(metric => double.IsFinite(metric.Value))
            .ToDictionary(StringComparer.Ordinal);
        return measured.Count == 0 ? null : measured;
    }
}
