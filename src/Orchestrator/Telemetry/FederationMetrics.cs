using System.Diagnostics.Metrics;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Rounds;

namespace FlDurable.Orchestrator.Telemetry;

/// <summary>
/// How much is done and how long it takes, as the instruments of the meter <see cref="MeterName"/>. Their labels are words of fixed lists: never a federation or a client, of
/// which there is no end.
/// </summary>
public sealed class FederationMetrics : IActivityObserver, IDisposable
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "FlDurable";

    // From a small model's few milliseconds to hours.
    private static readonly InstrumentAdvice<double> Buckets = new() { HistogramBucketBoundaries = [0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1800, 7200] };

    private readonly Meter meter = new(MeterName);
    private readonly Histogram<double> activities;
    private readonly Histogram<double> roundSeconds;
    private readonly Counter<long> clients;
    private readonly Counter<long> events;
    private readonly Counter<long> bytes;

    // Read, not added to, so that they are there as zeros before the first: an alert on an increase misses a figure that begins at 1.
    private long rounds;
    private long completed;
    private long failed;

    /// <summary>Makes the instruments.</summary>
    public FederationMetrics()
    {
        activities = meter.CreateHistogram<double>("fldurable.activity.duration", "s", "How long activities took, by name and by how they ended.", tags: null, Buckets);
        meter.CreateObservableCounter("fldurable.rounds", () => Interlocked.Read(ref rounds), "{round}", "Rounds that were recorded, the initial state not counted.");
        roundSeconds = meter.CreateHistogram<double>("fldurable.round.duration", "s", "How long recorded rounds took.", tags: null, Buckets);
        clients = meter.CreateCounter<long>("fldurable.clients", "{client}", "Clients that were waited for, by phase and by what came of them.");
        meter.CreateObservableCounter("fldurable.federations", ReadFederations, "{federation}", "Federations that are over, by how they ended.");
        events = meter.CreateCounter<long>("fldurable.round.events", "{event}", "What records of rounds warn of, such as diverged or collapsed.");
        bytes = meter.CreateCounter<long>("fldurable.parameters.recorded", "By", "Bytes of global parameters that were recorded.");
    }

    /// <summary>The meter, for whoever listens to this object's alone.</summary>
    internal Meter Meter => meter;

    /// <inheritdoc/>
    public void Ended(EndedActivity activity)
    {
        activities.Record(activity.Took.TotalSeconds, new("activity", activity.Name), new("outcome", OutcomeOf(activity.Failure)));
        if (activity.OutputJson is not { } output)
            return;
        if (activity.Name == Activities.AggregateLeaf.Name)
            CountClients(ContractJson.Deserialize<AggregateLeafInput>(activity.InputJson).Phase, ContractJson.Deserialize<PartResult>(output));
        else if (activity.Name == Activities.RecordRound.Name)
            CountRound(ContractJson.Deserialize<RecordRoundInput>(activity.InputJson), ContractJson.Deserialize<RecordRoundResult>(output));
        else if (activity.Name == Activities.CompleteFederation.Name)
            Interlocked.Increment(ref ContractJson.Deserialize<CompleteFederationInput>(activity.InputJson).Failure is null ? ref completed : ref failed);
    }

    /// <inheritdoc/>
    public void Dispose() => meter.Dispose();

    private void CountClients(RoundPhase phase, PartResult part)
    {
        clients.Add(part.Succeeded, new("phase", phase.Name), new("outcome", "succeeded"));
        clients.Add(part.Failed, new("phase", phase.Name), new("outcome", "failed"));
    }

    private void CountRound(RecordRoundInput input, RecordRoundResult recorded)
    {
        bytes.Add(recorded.Global.Length);
        foreach (var text in recorded.Events ?? [])
            events.Add(1, new KeyValuePair<string, object?>("event", FederationLog.KindOf(text)));
        if (input.Round == 0)
            return;
        Interlocked.Increment(ref rounds);
        roundSeconds.Record(input.Seconds);
    }

    private IEnumerable<Measurement<long>> ReadFederations() =>
    [
        new(Interlocked.Read(ref completed), new KeyValuePair<string, object?>("status", "completed")),
        new(Interlocked.Read(ref failed), new KeyValuePair<string, object?>("status", "failed")),
    ];

    private static string OutcomeOf(Exception? failure) => failure switch
    {
        null => "succeeded",
        WorkNotNeededException => "notNeeded",
        OperationCanceledException => "cancelled",
        _ => "failed",
    };
}
