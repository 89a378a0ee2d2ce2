using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities;

/// <summary>The numbers that clients of this host report with their updates besides loss and accuracy.</summary>
internal sealed class ClientMetricRegistry : ISpecAlternatives
{
    private readonly IReadOnlyList<IClientMetric> metrics;

    /// <summary>Those that the host has added.</summary>
    /// <exception cref="ArgumentException">Two have one name, or a name is none.</exception>
    public ClientMetricRegistry(params IEnumerable<IClientMetric> metrics) =>
        this.metrics = [.. NamedParts.ByName("client metric", metrics, metric => metric.Name).Values.OrderBy(metric => metric.Name, StringComparer.Ordinal)];

    string ISpecAlternatives.Field => "clientMetric";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives =>
        [.. metrics.Select(metric => new SpecAlternative(metric.Name) { Package = metric.Package })];

    /// <summary>What a client reports of its training: what its engine says, and what these say.</summary>
    /// <exception cref="ClientFailedException">It can't report that.</exception>
    public Metrics Measure(ClientTraining training)
    {
        var all = new Dictionary<string, double>(training.Metrics.Additional ?? new Dictionary<string, double>(), StringComparer.Ordinal);
        foreach (var metric in metrics)
        {
            var value = metric.Measure(training);
            if (double.IsFinite(value) && !all.TryAdd(metric.Name, value))
                throw new ClientFailedException($"the engine reports a metric '{metric.Name}', and so does one of the host's own: expected another name");
        }

        var reported = training.Metrics with { Additional = all.Count == 0 ? null : all };
        return reported.Problem is { } problem ? throw new ClientFailedException($"what it reports can't be used: {problem}") : reported;
    }
}
