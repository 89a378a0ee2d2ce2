using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;

namespace FlDurable.Orchestrator.Telemetry;

/// <summary>
/// Traces of the source <see cref="SourceName"/>: one for each round, whose span has those of its activities below it, and is linked to the round before and to its federation; and one
/// for each federation, whose span is linked to its last rounds. Spans are made when what they tell of has ended, by whichever process did it, and their ids follow from the federation, the round and the attempt: so a replay makes none, and what is done again after a
/// crash has the ids that it had. What failed has one for each time that it was tried.
/// </summary>
public sealed class FederationTraces : IActivityObserver, IDisposable
{
    /// <summary>The source's name.</summary>
    public const string SourceName = "FlDurable";

    // As many as exporters send of a span; the rounds before are linked to those after them.
    private const int MostLinks = 128;

    private readonly ActivitySource source = new(SourceName);
    private readonly string place;

    /// <param name="place">Where the federations are kept: two places may each have one of the same id and spec.</param>
    public FederationTraces(TelemetryPlace place) => this.place = place.Name;

    /// <summary>The source, for whoever listens to this object's alone.</summary>
    internal ActivitySource Source => source;

    /// <inheritdoc/>
    public void Ended(EndedActivity activity)
    {
        if (!source.HasListeners() || ActivityScope.Find(activity.InputJson) is not { } scope)
            return;
        var round = scope.Round ?? 0;
        var what = $"{round}/{activity.Name}/{scope.Attempt}{scope.Part}";
        if (activity.Failure is not null)
            what += $"/failed {activity.StartedAt:O}"; // what is tried again has a span of its own
        using (var span = Start(activity.Name, RoundContext(scope, round), SpanId(scope, what), activity.StartedAt))
        {
            Tag(span, scope, round);
            if (activity.Failure is { } failure)
                span?.SetStatus(ActivityStatusCode.Error, failure.Message);
            span?.SetEndTime(activity.StartedAt.Add(activity.Took).UtcDateTime);
        }

        if (activity.Failure is not null)
            return;
        if (activity.Name == Activities.RecordRound.Name)
            TellRound(scope, round, activity.StartedAt.Add(activity.Took), ContractJson.Deserialize<RecordRoundInput>(activity.InputJson).Seconds, failure: null);
        else if (activity.Name == Activities.CompleteFederation.Name)
            TellFederation(scope, ContractJson.Deserialize<CompleteFederationInput>(activity.InputJson), activity);
    }

    /// <inheritdoc/>
    public void Dispose() => source.Dispose();

    /// <summary>Of a round that came to nothing only its end is known; what was done for it is below it all the same.</summary>
    private void TellRound(ActivityScope scope, int round, DateTimeOffset end, double seconds, string? failure)
    {
        var itself = RoundContext(scope, round);
        var federation = new ActivityLink(FederationContext(scope, retries: null));
        ActivityLink[] links = round == 0 ? [federation] : [new ActivityLink(RoundContext(scope, round - 1)), federation];
        using var span = Start("Round", new ActivityContext(itself.TraceId, default, ActivityTraceFlags.Recorded), itself.SpanId, end.AddSeconds(-seconds), links);
        Tag(span, scope, round);
        if (failure is not null)
            span?.SetStatus(ActivityStatusCode.Error, failure);
        span?.SetEndTime(end.UtcDateTime);
    }

    /// <summary>Tells of one that was ended from outside. Told again, it has the ids that it had.</summary>
    /// <param name="federation">Its id.</param>
    /// <param name="specSha256">The digest of its spec.</param>
    /// <param name="retries">How often it was retried.</param>
    /// <param name="lastRound">Its last recorded round; negative where it has none.</param>
    /// <param name="startedAt">When it was asked for.</param>
    /// <param name="endedAt">When it was ended.</param>
    internal void Terminated(string federation, string specSha256, int retries, int lastRound, DateTimeOffset startedAt, DateTimeOffset endedAt)
    {
        if (source.HasListeners())
            TellEnd(new ActivityScope(federation, specSha256, Round: null, Attempt: null, Part: ""), "terminated", retries, lastRound, lastRound, startedAt, endedAt, failure: null);
    }

    private void TellFederation(ActivityScope scope, CompleteFederationInput input, EndedActivity activity)
    {
        if (input.Failure is { } reason)
            TellRound(scope, input.LastRound + 1, activity.StartedAt, seconds: 0, reason);
        var (end, status, failed) = (activity.StartedAt.Add(activity.Took), input.Failure is null ? "completed" : "failed", input.Failure is null ? 0 : 1);
        TellEnd(scope, status, input.Retries, input.LastRound, input.LastRound + failed, input.StartedAt ?? end, end, input.Failure);
    }

    /// <summary>One that was retried has a span for each of its ends: a later one is linked to that before.</summary>
    private void TellEnd(
        ActivityScope scope, string status, int? retries, int lastRound, int lastTried, DateTimeOffset startedAt, DateTimeOffset endedAt, string? failure)
    {
        var itself = FederationContext(scope, retries);
        List<ActivityLink> links = retries is null or 0 ? [] : [new ActivityLink(FederationContext(scope, retries - 1))];
        for (var round = lastTried; round >= 0 && links.Count < MostLinks; round--)
            links.Add(new ActivityLink(RoundContext(scope, round)));
        using var span = Start("Federation", new ActivityContext(itself.TraceId, default, ActivityTraceFlags.Recorded), itself.SpanId, startedAt, links);
        span?.SetTag("fldurable.federation", scope.Federation).SetTag("fldurable.rounds", Math.Max(0, lastRound)).SetTag("fldurable.status", status);
        if (failure is not null)
            span?.SetStatus(ActivityStatusCode.Error, failure);
        span?.SetEndTime(endedAt.UtcDateTime);
    }

    private Activity? Start(string name, ActivityContext parent, ActivitySpanId id, DateTimeOffset startedAt, IEnumerable<ActivityLink>? links = null)
    {
        var span = source.StartActivity(name, ActivityKind.Internal, parent, tags: null, links, startedAt);
        if (span is not null)
            SpanIdOf(span) = id.ToHexString();
        return span;
    }

    private static void Tag(Activity? span, ActivityScope scope, int round) => span?
        .SetTag("fldurable.federation", scope.Federation)
        .SetTag("fldurable.round", round)
        .SetTag("fldurable.attempt", scope.Attempt);

    private ActivityContext RoundContext(ActivityScope scope, int round)
    {
        var digest = Digest(scope, $"round {round}");
        return new ActivityContext(ActivityTraceId.CreateFromBytes(digest[..16]), ActivitySpanId.CreateFromBytes(digest[16..24]), ActivityTraceFlags.Recorded);
    }

    /// <summary>All spans of a federation are in one trace, however often it was retried.</summary>
    private ActivityContext FederationContext(ActivityScope scope, int? retries)
    {
        var digest = Digest(scope, "federation");
        var id = retries is null or 0 ? ActivitySpanId.CreateFromBytes(digest[16..24]) : SpanId(scope, $"federation/{retries}");
        return new ActivityContext(ActivityTraceId.CreateFromBytes(digest[..16]), id, ActivityTraceFlags.Recorded);
    }

    private ActivitySpanId SpanId(ActivityScope scope, string what) => ActivitySpanId.CreateFromBytes(Digest(scope, what)[..8]);

    private ReadOnlySpan<byte> Digest(ActivityScope scope, string what) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{place}\n{scope.Federation}\n{scope.SpecSha256}\n{what}"));

    // .NET draws ids of spans at random and takes none from outside; Durable Task's own tracing sets this field as well.
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_spanId")]
    private static extern ref string? SpanIdOf(Activity span);
}

/// <summary>Where a host's federations are kept, so that those of two places have traces of their own.</summary>
/// <param name="Name">Any text that is the same for every process that works on them, such as a path; it is only hashed.</param>
public sealed record TelemetryPlace(string Name);
