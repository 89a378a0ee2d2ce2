using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Logging;

namespace FlDurable.Orchestrator;

/// <summary>
/// One federation. Each execution does one step, the preparation or one round, and continues as new: so the history of round 1000 is as
/// short as that of round 1. While a round runs, what is left of the one before is deleted.
/// </summary>
internal sealed partial class FederationOrchestrator : IOrchestrator<FederationState, ArtifactReference>
{
    private static readonly TimeSpan LookForSitesEvery = TimeSpan.FromSeconds(5);

    /// <exception cref="FederationFailedException">A step failed for good. The result, with the rounds so far, is written before.</exception>
    public async Task<ArtifactReference> RunAsync(IOrchestrationContext context, FederationState state)
    {
        context.SetCustomStatus(Progress(state, state.Last is not null ? null : state.Plan.Placement is { IsAtSites: true } ? PreparationWatch.AskingSites : PreparationWatch.Reading));
        var cleaning = state.Last is { Round: > 0 } ? CleanUpAsync(context, state.Spec, state.Last) : Task.CompletedTask;
        if (state.Last is { } last && (last.Round == state.Plan.Rounds || last.Stopped is not null))
        {
            await cleaning;
            var result = await CompleteAsync(context, state, failed: null);
            await NotifyAsync(context, state, "completed");
            return result;
        }

        var outcome = state.Last is null ? await PrepareAsync(context, state) : await RunRoundAsync(context, state, state.Last);
        await cleaning;
        if (outcome is null)
        {
            context.ContinueAsNew(state, preserveUnprocessedEvents: false);
            return state.Spec; // ignored: the next execution's result counts
        }

        if (outcome.Recorded is null)
        {
            var failure = await FailAsync(context, state, outcome);
            await NotifyAsync(context, state, "failed");
            throw new FederationFailedException(failure);
        }

        // News of the preparation that comes late is of no use to a round.
        context.ContinueAsNew(state with { Last = outcome.Recorded, AttemptsBefore = null }, preserveUnprocessedEvents: false);
        return outcome.Recorded.Global; // ignored: the next execution's result counts
    }

    /// <summary>Has somebody told that it is over, and waits for no more than that this is begun.</summary>
    private static async Task NotifyAsync(IOrchestrationContext context, FederationState state, string status)
    {
        if (state.Plan.Notify is not { } url)
            return;
        try
        {
            var notification = new Notification(url, context.InstanceId, status, new DateTimeOffset(context.CurrentUtcDateTime, TimeSpan.Zero), state.Retries);
            await context.CallActivityAsync(Activities.BeginNotification, notification, Retries.Dispensable);
        }
        catch (TaskFailedException exception)
        {
            LogNotTold(context.CreateReplaySafeLogger(nameof(FederationOrchestrator)), context.InstanceId, exception.Reason);
        }
    }

    /// <summary>Round 0: the data, the initial parameters and what they are worth.</summary>
    /// <returns>Null if the data is still to come.</returns>
    private static async Task<RoundOutcome?> PrepareAsync(IOrchestrationContext context, FederationState state)
    {
        var started = context.CurrentUtcDateTime;
        try
        {
            var prepared = await PrepareDatasetAsync(context, state);
            if (prepared.WaitingFor is { } sites)
                return await WaitForSitesAsync(context, state, sites);
            if (prepared.Dataset is not { } dataset)
                return RoundOutcome.Failed(prepared.Failure!, canBeRetried: false);
            context.SetCustomStatus(Progress(state, PreparationWatch.Initializing));
            var global = await context.CallActivityAsync(Activities.InitializeModel, new FederationInput(state.Spec), Retries.Indispensable);
            var central = state.Plan.CentralEvaluation
                ? await context.CallActivityAsync(
                    Activities.EvaluateGlobal, new EvaluateGlobalInput(state.Spec, dataset, global), Retries.Indispensable)
                : null;
            if (central?.Unusable is { } unusable)
                return RoundOutcome.Failed($"the initial parameters are of no use: {unusable}", canBeRetried: false);
            var seconds = (context.CurrentUtcDateTime - started).TotalSeconds;
            var recorded = await context.CallActivityAsync(
                Activities.RecordRound,
                new RecordRoundInput(state.Spec, 0, global, central?.Metrics, Fit: null, Evaluate: null, seconds, Retries: RetriesOfRound(state)), Retries.Indispensable);
            return new RoundOutcome(
                new RecordedRound(
                    0, dataset, recorded.Global, new RoundMetrics(null, null, central?.Metrics), recorded.StrategyState, recorded.Best,
                    Stopped: recorded.Stopped),
                Failure: null);
        }
        catch (TaskFailedException exception)
        {
            return await FindRecordedAsync(context, state.Spec, first: 0) ?? RoundOutcome.Failed(exception.Message, canBeRetried: false);
        }
    }

    /// <summary>Has the data read and partitioned, and shows how far that is whenever there is news of it.</summary>
    private static async Task<PrepareDatasetResult> PrepareDatasetAsync(IOrchestrationContext context, FederationState state)
    {
        var preparing = context.CallActivityAsync(Activities.PrepareDataset, new FederationInput(state.Spec), Retries.Indispensable);
        while (!preparing.IsCompleted)
        {
            using var over = new CancellationTokenSource();
            var news = context.WaitForExternalEvent<string>(PreparationWatch.News, over.Token);
            if (await Task.WhenAny(preparing, news) == news)
                context.SetCustomStatus(Progress(state, await news));
            else
                over.Cancel();
        }

        return await preparing;
    }

    /// <summary>Waits for sites to enrol, a while at a time, so that no history grows with the waiting.</summary>
    /// <returns>Null if it is to be looked again.</returns>
    private static async Task<RoundOutcome?> WaitForSitesAsync(IOrchestrationContext context, FederationState state, string sites)
    {
        context.SetCustomStatus(Progress(state, $"waiting for {sites} to enrol"));
        var limit = state.Plan.Placement?.EnrolTimeoutSeconds ?? 0;
        if (context.CurrentUtcDateTime >= (state.StartedAt?.UtcDateTime ?? DateTime.MinValue).AddSeconds(limit))
            return RoundOutcome.Failed(FormattableString.Invariant($"data: {sites} had not enrolled after {limit} seconds (placement.enrolTimeoutSeconds)"), canBeRetried: false);
        await context.CreateTimer(context.CurrentUtcDateTime.Add(LookForSitesEvery), CancellationToken.None);
        return null;
    }

    private static FederationProgress Progress(FederationState state, string? doing) =>
        new(state.Last?.Round ?? -1, state.Plan.Rounds, state.Last?.Metrics, doing);

    private static async Task<RoundOutcome> RunRoundAsync(IOrchestrationContext context, FederationState state, RecordedRound last)
    {
        var round = last.Round + 1;
        var failures = new List<string>();
        ArtifactReference? updates = null;
        SentBack? sentBack = null;

        var before = state.AttemptsBefore ?? 0;

        // An attempt that was sent back is nobody's try: a client could spend them all.
        for (var attempt = before + 1; attempt <= before + (sentBack is null ? state.Plan.RoundAttempts : state.Plan.MostAttempts); attempt++)
        {
            var input = new RoundInput(state.Spec, state.Plan, round, attempt, last, sentBack, RetriesOfRound(state));
            var outcome = await TryRoundAsync(context, input);
            if (outcome.Recorded is not null)
                return outcome;
            failures.Add($"attempt {attempt}: {outcome.Failure}");
            if (await FindRecordedAsync(context, state.Spec, round) is { } recorded)
                return recorded;
            updates = outcome.Updates;
            sentBack ??= outcome.SentBack;
            if (!outcome.CanBeRetried)
                break;
        }

        return RoundOutcome.Failed($"round {round} failed; {string.Join("; ", failures)}", canBeRetried: false, updates);
    }

    private static int? RetriesOfRound(FederationState state) => state.AttemptsBefore is null ? null : state.Retries;

    // The version is in the child's id: the one of a version that was taken over may be there still.
    private static async Task<RoundOutcome> TryRoundAsync(IOrchestrationContext context, RoundInput input)
    {
        try
        {
            return await context.CallSubOrchestratorAsync(
                Orchestrations.Round, input, instanceId: $"{context.InstanceId}:{context.Version}-round-{input.Round}-{input.Attempt}");
        }
        catch (TaskFailedException exception)
        {
            return RoundOutcome.Failed(exception.Reason, canBeRetried: false);
        }
    }

    /// <summary>
    /// A failure is the last word on no round that is recorded: an engine whose database is older than the artifacts runs rounds again for
    /// which nobody trains any more, and whose parameters may be deleted. What is recorded counts, and the last of it is gone on from.
    /// </summary>
    private static async Task<RoundOutcome?> FindRecordedAsync(IOrchestrationContext context, ArtifactReference spec, int first)
    {
        try
        {
            var found = await context.CallActivityAsync(Activities.FindRound, new FindRoundInput(spec, first), Retries.Indispensable);
            if (found.Recorded is not { } recorded)
                return null;
            LogTaken(context.CreateReplaySafeLogger(nameof(FederationOrchestrator)), context.InstanceId, first, recorded.Round);
            return new RoundOutcome(recorded, Failure: null);
        }
        catch (TaskFailedException)
        {
            return null; // that it failed is then all that is known
        }
    }

    /// <summary>The round is recorded: what can't be deleted now costs space, not the federation.</summary>
    private static async Task CleanUpAsync(IOrchestrationContext context, ArtifactReference spec, RecordedRound last)
    {
        try
        {
            await context.CallActivityAsync(Activities.CleanUpRound, new CleanUpRoundInput(spec, last.Round, last.Best, last.BestBefore), Retries.Dispensable);
        }
        catch (TaskFailedException exception)
        {
            LogNotCleanedUp(context.CreateReplaySafeLogger(nameof(FederationOrchestrator)), context.InstanceId, last.Round, exception.Reason);
        }
    }

    /// <summary>Writes the result of a federation that failed.</summary>
    /// <returns>Why it failed.</returns>
    private static async Task<string> FailAsync(IOrchestrationContext context, FederationState state, RoundOutcome outcome)
    {
        try
        {
            await CompleteAsync(context, state, outcome);
            return outcome.Failure!;
        }
        catch (TaskFailedException exception)
        {
            return $"{outcome.Failure}; and its result could not be written: {exception.Reason}";
        }
    }

    private static Task<ArtifactReference> CompleteAsync(IOrchestrationContext context, FederationState state, RoundOutcome? failed) =>
        context.CallActivityAsync(
            Activities.CompleteFederation,
            new CompleteFederationInput(state.Spec, state.Last?.Round ?? -1, state.Last?.Global, failed?.Failure, failed?.Updates, state.Retries, state.StartedAt),
            Retries.Indispensable);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "{InstanceId}: rounds {First} to {Last} are recorded already, though the engine's database had lost them; what is recorded counts")]
    private static partial void LogTaken(ILogger logger, string instanceId, int first, int last);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{InstanceId}: it is over, and nobody is told of it: {Reason}")]
    private static partial void LogNotTold(ILogger logger, string instanceId, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{InstanceId}: the updates of round {Round}, which is recorded, could not be deleted: {Reason}")]
    private static partial void LogNotCleanedUp(ILogger logger, string instanceId, int round, string reason);
}
