using System.Diagnostics;
using System.Diagnostics.Metrics;
using FlDurable.Orchestrator.Telemetry;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Logging;

namespace FlDurable.Orchestrator.Tests.Telemetry;

public sealed class FederationTelemetryTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 29, 5, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Asked = Start.AddHours(-1);
    private static readonly ArtifactReference Spec = Of(ArtifactNames.Spec("first"));
    private static readonly Metrics Measured = new(1.5, 0.25);

    [Fact]
    public void A_round_is_told_with_what_was_measured_and_what_it_warns_of()
    {
        var log = new Lines();

        new FederationLog(log).Ended(RecordRound(round: 3, "diverged: the loss is not finite"));

        Assert.Equal(
            [
                "Information RoundRecorded first, round 3: recorded after 2.5 s; accuracy 0.2500, loss 1.5000",
                "Warning RoundEvent first, round 3: diverged: the loss is not finite",
            ],
            log.Taken);
    }

    [Fact]
    public void Clients_that_failed_are_told_of_with_the_first_by_name()
    {
        var log = new Lines();

        new FederationLog(log).Ended(Leaf(new ClientFailure("client-7", "TrainClient", "late")));

        Assert.Equal(["Warning ClientsFailed first, round 3, attempt 2: 1 of 4 clients failed to fit; the first: client-7: late"], log.Taken);
    }

    [Fact]
    public void What_is_tried_again_is_told_and_what_nobody_needs_any_more_is_not()
    {
        var log = new Lines();

        var cohort = Activity(Activities.TrainClient, new CohortInput(Spec, 3, 1, Of("selection"), Of("global"), 0, 1), output: null, new IOException("no space"));
        new FederationLog(log).Ended(cohort);
        new FederationLog(log).Ended(cohort with { Failure = new WorkNotNeededException("recorded") });
        new FederationLog(log).Ended(cohort with { Failure = new OperationCanceledException() });

        Assert.Equal(["Warning ActivityFailed first, round 3: TrainClient failed after 2.0 s: no space"], log.Taken);
    }

    [Fact]
    public void Whom_it_waits_for_is_told_once_though_it_is_looked_for_them_again_and_again()
    {
        var lines = new Lines();
        var log = new FederationLog(lines);

        foreach (var sites in (string?[])["b, c", "b, c", "c", "c", null, "c"])
        {
            log.Ended(Activity(
                Activities.PrepareDataset, new FederationInput(Spec), sites is null ? new PrepareDatasetResult(Of("dataset")) : new PrepareDatasetResult(Dataset: null, WaitingFor: sites)));
        }

        Assert.Equal(
            ["first: waiting for b, c to enrol", "first: waiting for c to enrol", "first: its data is ready, after 2.0 s", "first: waiting for c to enrol"],
            lines.Taken.Select(line => line.Split(' ', 3)[2]));
    }

    [Theory]
    [InlineData(null, "Information FederationCompleted first: completed after round 3")]
    [InlineData("too few updates", "Error FederationFailed first: failed in round 4: too few updates")]
    public void The_end_is_told(string? failure, string line)
    {
        var log = new Lines();

        new FederationLog(log).Ended(Complete(failure));

        Assert.Equal([line], log.Taken);
    }

    [Fact]
    public void Figures_count_rounds_clients_and_ends_and_name_neither_federation_nor_client()
    {
        using var metrics = new FederationMetrics();
        var taken = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, itself) =>
        {
            if (instrument.Meter == metrics.Meter && instrument is Counter<long> or ObservableCounter<long>)
                itself.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => taken.Add($"{instrument.Name} {value} {string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}".Trim()));
        listener.Start();
        listener.RecordObservableInstruments();

        foreach (var activity in new[] { RecordRound(round: 0), RecordRound(round: 3, "diverged: it is not finite"), Leaf(new ClientFailure("client-7", "TrainClient", "late")), Complete(failure: null), Complete("why") })
            metrics.Ended(activity);
        listener.RecordObservableInstruments();

        Assert.Equal(
            [
                "fldurable.rounds 0",
                "fldurable.federations 0 status=completed",
                "fldurable.federations 0 status=failed",
                "fldurable.parameters.recorded 1",
                "fldurable.parameters.recorded 1",
                "fldurable.round.events 1 event=diverged",
                "fldurable.clients 3 phase=fit outcome=succeeded",
                "fldurable.clients 1 phase=fit outcome=failed",
                "fldurable.rounds 1",
                "fldurable.federations 1 status=completed",
                "fldurable.federations 1 status=failed",
            ],
            taken);
    }

    [Fact]
    public void A_round_is_a_trace_of_its_own_linked_to_the_one_before_with_its_activities_below_it()
    {
        using var traces = new FederationTraces(new TelemetryPlace("here"));
        var spans = Spans(traces, Leaf(failure: null), RecordRound(round: 3));
        var before = Spans(traces, RecordRound(round: 2));

        Assert.Equal(["AggregateLeaf", "RecordRound", "Round"], spans.Select(span => span.DisplayName));
        var round = spans[2];
        Assert.All(spans, span => Assert.Equal(round.TraceId, span.TraceId));
        Assert.All(spans.Take(2), span => Assert.Equal(round.SpanId, span.ParentSpanId));
        Assert.Equal(default, round.ParentSpanId);
        Assert.NotEqual(round.TraceId, before[1].TraceId);
        var federation = Spans(traces, Complete(failure: null)).Single(span => span.DisplayName == "Federation");
        Assert.Equal([(before[1].TraceId, before[1].SpanId), (federation.TraceId, federation.SpanId)], round.Links.Select(link => (link.Context.TraceId, link.Context.SpanId)));
        Assert.Equal((TimeSpan.FromSeconds(2.5), Start.AddSeconds(2).UtcDateTime), (round.Duration, round.StartTimeUtc + round.Duration));
        Assert.Equal(("first", 3), (round.GetTagItem("fldurable.federation"), round.GetTagItem("fldurable.round")));
    }

    [Fact]
    public void A_round_that_failed_has_a_span_too_that_says_why_above_what_was_done_for_it()
    {
        using var traces = new FederationTraces(new TelemetryPlace("here"));

        var spans = Spans(traces, Activity(Activities.TrainClient, new CohortInput(Spec, 4, 1, Of("selection"), Of("global"), 0, 1), new PartResult(Of("part"), 1)), Complete("too few updates"));

        var round = Assert.Single(spans, span => span.DisplayName == "Round");
        Assert.Equal((ActivityStatusCode.Error, "too few updates", 4), (round.Status, round.StatusDescription, round.GetTagItem("fldurable.round")));
        Assert.Equal((round.TraceId, round.SpanId), (spans[0].TraceId, spans[0].ParentSpanId));
        Assert.DoesNotContain(Spans(traces, Complete(failure: null)), span => span.DisplayName == "Round");
    }

    [Fact]
    public void A_federation_is_a_trace_above_its_rounds_from_when_it_was_asked_for_to_its_end()
    {
        using var traces = new FederationTraces(new TelemetryPlace("here"));

        var rounds = Enumerable.Range(0, 4).Select(round => Spans(traces, RecordRound(round)).Single(span => span.DisplayName == "Round")).ToList();
        var federation = Spans(traces, Complete(failure: null)).Single(span => span.DisplayName == "Federation");

        Assert.Equal(
            rounds.AsEnumerable().Reverse().Select(round => (round.TraceId, round.SpanId)), federation.Links.Select(link => (link.Context.TraceId, link.Context.SpanId)));
        Assert.DoesNotContain(federation.TraceId, rounds.Select(round => round.TraceId));
        Assert.Equal((default, Asked.UtcDateTime, Start.AddSeconds(2).UtcDateTime), (federation.ParentSpanId, federation.StartTimeUtc, federation.StartTimeUtc + federation.Duration));
        Assert.Equal(("first", 3, ActivityStatusCode.Unset), (federation.GetTagItem("fldurable.federation"), federation.GetTagItem("fldurable.rounds"), federation.Status));
        var again = Spans(traces, Complete(failure: null)).Single(span => span.DisplayName == "Federation");
        Assert.Equal((federation.TraceId, federation.SpanId), (again.TraceId, again.SpanId)); // what is done again after a crash is the same
    }

    [Fact]
    public void A_federation_that_fails_and_is_retried_has_a_span_for_each_end_in_one_trace_and_never_more_links_than_are_sent()
    {
        using var traces = new FederationTraces(new TelemetryPlace("here"));

        var failed = Spans(traces, Complete("too few updates")).Single(span => span.DisplayName == "Federation");
        var retried = Spans(traces, Complete(failure: null, round: 10_000, retries: 1)).Single(span => span.DisplayName == "Federation");

        Assert.Equal((ActivityStatusCode.Error, "too few updates"), (failed.Status, failed.StatusDescription));
        Assert.Equal(5, failed.Links.Count()); // four rounds, and the one that came to nothing
        Assert.Equal(failed.TraceId, retried.TraceId);
        Assert.NotEqual(failed.SpanId, retried.SpanId);
        Assert.Equal((failed.TraceId, failed.SpanId), (retried.Links.First().Context.TraceId, retried.Links.First().Context.SpanId));
        Assert.Equal(128, retried.Links.Count());
    }

    [Fact]
    public void A_federation_that_was_ended_from_outside_has_its_span_in_the_same_trace()
    {
        using var traces = new FederationTraces(new TelemetryPlace("here"));
        var round = Spans(traces, RecordRound(round: 3)).Single(span => span.DisplayName == "Round");
        var completed = Spans(traces, Complete(failure: null)).Single(span => span.DisplayName == "Federation");

        var ended = Assert.Single(SpansOf(traces, () => traces.Terminated("first", Spec.Sha256, retries: 0, lastRound: 3, Asked, Start)));
        var retried = Assert.Single(SpansOf(traces, () => traces.Terminated("first", Spec.Sha256, retries: 1, lastRound: -1, Asked, Start)));

        Assert.Equal(("Federation", completed.TraceId, completed.SpanId), (ended.DisplayName, ended.TraceId, ended.SpanId));
        Assert.Equal((Asked.UtcDateTime, Start - Asked), (ended.StartTimeUtc, ended.Duration));
        Assert.Equal(("terminated", "completed", 3), (ended.GetTagItem("fldurable.status"), completed.GetTagItem("fldurable.status"), ended.GetTagItem("fldurable.rounds")));
        Assert.Contains(round.SpanId, ended.Links.Select(link => link.Context.SpanId));
        Assert.Equal(ended.SpanId, Assert.Single(retried.Links).Context.SpanId);
        Assert.Equal(0, retried.GetTagItem("fldurable.rounds"));
    }

    [Fact]
    public void What_judges_a_candidate_is_in_the_trace_of_the_candidates_round()
    {
        using var traces = new FederationTraces(new TelemetryPlace("here"));

        var spans = Spans(traces, [.. new[] { (3, 1), (3, 2), (4, 1) }.Select(of => Activity(
            Activities.EvaluateGlobal, new EvaluateGlobalInput(Spec, Of("dataset"), Of(ArtifactNames.Candidate("first", of.Item1, of.Item2))), new EvaluateGlobalResult(Measured)))]);

        Assert.Equal([3, 3, 4], spans.Select(span => span.GetTagItem("fldurable.round")));
        Assert.Equal(spans[0].TraceId, spans[1].TraceId);
        Assert.NotEqual(spans[0].TraceId, spans[2].TraceId);
        Assert.Equal(3, spans.Select(span => span.SpanId).Distinct().Count());
    }

    [Fact]
    public void What_is_done_again_has_the_ids_that_it_had_and_another_place_has_others()
    {
        using var traces = new FederationTraces(new TelemetryPlace("here"));
        using var again = new FederationTraces(new TelemetryPlace("here"));
        using var elsewhere = new FederationTraces(new TelemetryPlace("elsewhere"));

        var ids = Ids(traces);

        Assert.Equal(ids, Ids(again));
        Assert.Empty(ids.Intersect(Ids(elsewhere)));

        static List<string> Ids(FederationTraces from) => Spans(from, RecordRound(round: 3)).ConvertAll(span => $"{span.TraceId} {span.SpanId}");
    }

    [Fact]
    public void A_cohort_of_another_attempt_or_client_is_another_span_and_says_why_it_failed()
    {
        using var traces = new FederationTraces(new TelemetryPlace("here"));
        var input = new CohortInput(Spec, 3, 1, Of("selection"), Of("global"), 0, 1);

        var spans = Spans(
            traces, [.. new[] { input, input with { Attempt = 2 }, input with { First = 1 } }.Select(one => Activity(Activities.TrainClient, one, output: null, new IOException("no space")))]);

        Assert.Equal(3, spans.Select(span => span.SpanId).Distinct().Count());
        Assert.All(spans, span => Assert.Equal((ActivityStatusCode.Error, "no space"), (span.Status, span.StatusDescription)));
    }

    [Fact]
    public void What_failed_and_what_then_succeeded_are_two_spans()
    {
        using var traces = new FederationTraces(new TelemetryPlace("here"));
        var failed = Activity(Activities.TrainClient, new CohortInput(Spec, 3, 1, Of("selection"), Of("global"), 0, 1), output: null, new IOException("no space"));

        var spans = Spans(traces, failed, failed with { StartedAt = Start.AddSeconds(3) }, failed with { StartedAt = Start.AddSeconds(6), Failure = null });

        Assert.Equal(3, spans.Select(span => span.SpanId).Distinct().Count());
    }

    private static List<Activity> Spans(FederationTraces from, params EndedActivity[] activities) => SpansOf(from, () => Array.ForEach(activities, from.Ended));

    private static List<Activity> SpansOf(FederationTraces from, Action tell)
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == FederationTraces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                if (span.Source == from.Source)
                    spans.Add(span);
            },
        };
        ActivitySource.AddActivityListener(listener);
        tell();
        return spans;
    }

    private static EndedActivity RecordRound(int round, params string[] events) => Activity(
        Activities.RecordRound, new RecordRoundInput(Spec, round, Of("candidate"), Measured, Fit: null, Evaluate: null, Seconds: 2.5),
        new RecordRoundResult(Of("global"), Fit: null, Evaluate: null, events.Length == 0 ? null : events));

    private static EndedActivity Leaf(ClientFailure? failure) => Activity(
        Activities.AggregateLeaf,
        new AggregateLeafInput(Spec, 3, 2, RoundPhase.Fit, 1, Of("selection"), Of("global"), new SelectionRange(0, 4), []),
        failure is null ? new PartResult(Of("part"), 4) : new PartResult(Of("part"), 3, 1, failure));

    private static EndedActivity Complete(string? failure, int round = 3, int? retries = null) => Activity(
        Activities.CompleteFederation, new CompleteFederationInput(Spec, round, Of("global"), failure, Retries: retries, StartedAt: Asked), Of("result"));

    private static EndedActivity Activity<TInput, TOutput>(ActivityDescriptor<TInput, TOutput> activity, TInput input, TOutput? output, Exception? failure = null) => new(
        activity.Name, ContractJson.Serialize(input), output is null ? null : ContractJson.Serialize(output), failure, Start, TimeSpan.FromSeconds(2));

    private static ArtifactReference Of(string name) => new(name, 1, new string('a', 64));

    private sealed class Lines : ILoggerFactory, ILogger
    {
        public List<string> Taken { get; } = [];

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public void Dispose()
        {
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Taken.Add($"{logLevel} {eventId.Name} {formatter(state, exception)}");
    }
}
