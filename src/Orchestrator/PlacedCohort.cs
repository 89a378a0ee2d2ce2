using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator;

/// <summary>
/// A cohort whose work somebody else does: it is offered, and the event that tells its end races a timer. When that fires the work is looked at,
/// so that no time counts in which no worker had it; where a worker has had its time, it is offered anew. Work of the pool has a second clock, for the time in which it waits
/// for a worker: where none takes it, offering it anew would help nothing.
/// </summary>
/// <param name="context">The orchestration.</param>
/// <param name="input">What the cohort is part of.</param>
/// <param name="placement">How long it may take, and how often it is offered.</param>
/// <param name="cancellationToken">Cancelled when nobody waits for it any more.</param>
internal sealed class PlacedCohort(IOrchestrationContext context, LeafInput input, PlacementOptions placement, CancellationToken cancellationToken)
{
    /// <summary>The last offer; null before the first.</summary>
    public string? Work { get; private set; }

    /// <summary>Whether it is over, so that there is nothing to withdraw.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Has the work done.</summary>
    /// <exception cref="WorkNotDoneException">No worker has done it in its time.</exception>
    /// <exception cref="TaskFailedException">It can't be offered.</exception>
    /// <exception cref="OperationCanceledException">Nobody waits for it any more.</exception>
    public async Task<PartResult> RunAsync(CohortInput cohort)
    {
        for (var number = 1; number <= placement.MaxAttempts; number++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var offer = Offer(cohort, number);
            Work = offer.Work;
            var offered = await context.CallActivityAsync(WorkActivities.OfferWork, offer, Retries.Indispensable);
            var ended = offered.Result is null ? await AwaitAsync(offer, offered.WaitSeconds) : offered;
            if (ended.Result is { } result)
            {
                IsOver = true;
                return result;
            }

            if (!ended.IsTaken && placement.QueueSeconds is { } queue)
            {
                IsOver = true;
                throw new WorkNotDoneException(FormattableString.Invariant($"no worker took it for {queue} seconds (placement.queueTimeoutSeconds)"));
            }
        }

        IsOver = true;
        throw new WorkNotDoneException(FormattableString.Invariant(
            $"no worker had done it after {placement.AttemptTimeoutSeconds} seconds, {placement.MaxAttempts} times"));
    }

    private OfferWorkInput Offer(CohortInput cohort, int number)
    {
        var federation = context.InstanceId.Split(':')[0];
        return new OfferWorkInput(
            WorkNames.Work(federation, cohort.Round, cohort.Attempt, input.Phase, cohort.First, number), cohort, input.Phase, context.InstanceId,
            WorkNames.Event(input.Phase, cohort.First, number), placement.AttemptTimeoutSeconds);
    }

    /// <returns>Without a result if its time is over.</returns>
    private async Task<OfferedWork> AwaitAsync(OfferWorkInput offer, int waitSeconds)
    {
        var end = EndOfWaiting();
        var looked = new OfferedWork(Result: null, waitSeconds);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var told = context.WaitForExternalEvent<PartResult>(offer.Event, over.Token);
        while (looked.WaitSeconds > 0)
        {
            using var timerIsNeeded = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var next = context.CurrentUtcDateTime.AddSeconds(looked.WaitSeconds);
            var timer = context.CreateTimer(!looked.IsTaken && end < next ? end.Value : next, timerIsNeeded.Token);
            if (await Task.WhenAny(told, timer) == told)
            {
                timerIsNeeded.Cancel();
                return new OfferedWork(await told, WaitSeconds: 0, IsTaken: true);
            }

            cancellationToken.ThrowIfCancellationRequested(); // of both that are cancelled then, either may be seen first
            looked = await context.CallActivityAsync(
                WorkActivities.LookAtWork, new LookAtWorkInput(offer, EndsWaiting: end <= context.CurrentUtcDateTime), Retries.Indispensable);
            if (told.IsCompletedSuccessfully)
                return new OfferedWork(await told, WaitSeconds: 0, IsTaken: true);
            if (looked.IsTaken)
                end = EndOfWaiting(); // whoever has it may give it back: then it waits anew
        }

        over.Cancel();
        return looked;
    }

    private DateTime? EndOfWaiting() => placement.QueueSeconds is { } seconds ? context.CurrentUtcDateTime.AddSeconds(seconds) : null;
}

/// <summary>Work that was offered was not done.</summary>
internal sealed class WorkNotDoneException(string message) : Exception(message);
