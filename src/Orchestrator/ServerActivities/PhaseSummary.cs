using FlDurable.Orchestrator.Aggregation;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>What the outcomes of all clients of one phase come to. No outcome is kept, but for what clients keep themselves, where the strategy has them keep anything.</summary>
internal sealed class PhaseSummary
{
    private readonly Metrics.WeightedSum sum = new();
    private readonly Dictionary<string, MetricRange> ranges = new(StringComparer.Ordinal);
    private readonly List<(string Client, ArtifactReference State)> states = [];
    private DateTimeOffset? first;
    private double secondsToLast;

    /// <summary>How many clients there were.</summary>
    public int Clients { get; private set; }

    /// <summary>How many of them have no result.</summary>
    public int Failed { get; private set; }

    /// <summary>The first of these failures.</summary>
    public ClientFailure? FirstFailure { get; private set; }

    /// <summary>What clients keep whose updates have entered the round; none where the strategy has them keep nothing.</summary>
    public IReadOnlyList<(string Client, ArtifactReference State)> States => states;

    /// <summary>When the first began whose clock is known, and how many seconds later the last ended; null where none is known.</summary>
    public (DateTimeOffset First, double SecondsToLast)? Span => first is { } begin ? (begin, secondsToLast) : null;

    /// <summary>The outcomes' mean; null where nothing was measured.</summary>
    public Metrics? Mean => sum.ToMean();

    /// <summary>The smallest and the largest value that clients have of each additional metric.</summary>
    public IReadOnlyDictionary<string, MetricRange> Ranges => ranges;

    /// <summary>Reads the outcomes that a manifest names; those of nobody without one.</summary>
    public static async Task<PhaseSummary> ReadAsync(IArtifactStore store, ArtifactReference? manifest, CancellationToken cancellationToken)
    {
        var summary = new PhaseSummary();
        if (manifest is not null)
        {
            await foreach (var outcome in store.ReadOutcomesAsync(manifest, cancellationToken))
                summary.Add(outcome);
        }

        return summary;
    }

    /// <summary>Adds the next client's outcome.</summary>
    public void Add(ClientOutcome outcome)
    {
        Clients++;
        if (outcome.Failure is not null)
        {
            Failed++;
            FirstFailure ??= outcome.Failure;
        }
        else if (outcome.State is not null)
        {
            states.Add((outcome.Client, outcome.State));
        }

        if (outcome.Metrics is { } metrics)
        {
            sum.Add(metrics, outcome.Examples);
            AddRanges(metrics);
        }

        if (outcome.StartedAt is { } startedAt && double.IsFinite(outcome.Seconds))
            AddTime(startedAt, outcome.Seconds);
    }

    private void AddRanges(Metrics metrics)
    {
        if (metrics.Additional is null)
            return;
        foreach (var (name, value) in metrics.Additional)
        {
            ranges[name] = ranges.TryGetValue(name, out var range)
                ? new MetricRange(Math.Min(range.Min, value), Math.Max(range.Max, value))
                : new MetricRange(value, value);
        }
    }

    private void AddTime(DateTimeOffset startedAt, double seconds)
    {
        if (first is { } begin && startedAt >= begin)
        {
            secondsToLast = Math.Max(secondsToLast, (startedAt - begin).TotalSeconds + seconds);
            return;
        }

        secondsToLast = Math.Max(seconds, first is { } later ? (later - startedAt).TotalSeconds + secondsToLast : 0);
        first = startedAt;
    }
}
