using System.Diagnostics.Metrics;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Telemetry;

namespace FlDurable.LocalHost.Telemetry;

/// <summary>
/// How many federations are to go on, as a gauge of the meter <see cref="FederationMetrics.MeterName"/>: where it is above 0 and no round is recorded for long, something stands still, also
/// if no activity ends. It is counted when it is read, at most every 10 seconds; what takes longer than one is told by a later reading.
/// </summary>
internal sealed class OpenFederations : IDisposable
{
    private const int PageSize = 1_000;

    private static readonly TimeSpan Holds = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private static readonly IReadOnlyList<OrchestrationRuntimeStatus> Going = [OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running];

    private readonly Meter meter = new(FederationMetrics.MeterName);
    private readonly IOrchestrationClient client;
    private readonly TimeProvider time;
    private readonly Lock gate = new();
    private Task<long?>? counting;
    private long? counted;
    private long countedAt;

    /// <summary>Makes the gauge.</summary>
    /// <param name="client">Whose federations are counted.</param>
    /// <param name="time">The clock.</param>
    public OpenFederations(IOrchestrationClient client, TimeProvider time)
    {
        (this.client, this.time) = (client, time);
        meter.CreateObservableGauge("fldurable.federations.open", Read, "{federation}", "Federations that are neither over nor suspended.");
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    // Nothing where it can't be known: a 0 would say that all is done.
    private IEnumerable<Measurement<long>> Read()
    {
        lock (gate)
        {
            if (counting is null && (counted is null || time.GetElapsedTime(countedAt) >= Holds))
                (counting, countedAt) = (Task.Run(CountAsync), time.GetTimestamp());
            if (counting is not null && Task.WaitAny([counting], Patience) == 0)
                (counted, counting) = (counting.IsCompletedSuccessfully ? counting.Result : null, null);
            return counted is { } known ? [new(known)] : [];
        }
    }

    private async Task<long?> CountAsync()
    {
        try
        {
            var count = 0L;
            var query = new OrchestrationQuery(Going, OrchestratorName: Orchestrations.Federation.Name, PageSize: PageSize);
            do
            {
                var page = await client.GetInstancesAsync(query, CancellationToken.None);
                count += page.Instances.Count;
                query = query with { ContinuationToken = page.ContinuationToken };
            }
            while (query.ContinuationToken is not null);
            return count;
        }
        catch (EngineUnavailableException)
        {
            return null;
        }
    }
}
