using System.Security.Cryptography;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.Extensions.Logging;

namespace FlDurable.Worker;

/// <summary>Takes cohorts and does them, one after another.</summary>
/// <param name="host">The host.</param>
/// <param name="process">The worker's id.</param>
/// <param name="artifacts">Shows the artifacts of what it has taken; null where all are at hand.</param>
/// <param name="work">Does the work.</param>
/// <param name="signs">Told how it goes.</param>
/// <param name="stall">After how long without a batch a training hangs.</param>
/// <param name="time">The clocks.</param>
/// <param name="log">The worker's log.</param>
internal sealed partial class PoolSlot(
    IPoolHost host, string process, LeasedArtifacts? artifacts, PoolWork work, WorkerSigns signs, TimeSpan stall, TimeProvider time, ILogger log)
{
    private const int WaitSeconds = 25;
    private const int IdBytes = 16;
    private const int MostClients = 64;

    private static readonly TimeSpan GiveBackPatience = TimeSpan.FromSeconds(10);

    private readonly Patience patience = new(time);
    private readonly Patience afterFailures = new(time);
    private string request = NewId();

    /// <summary>An id that nobody else has.</summary>
    public static string NewId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(IdBytes));

    /// <summary>Works until it is stopped, or, if it is to do so once, one piece.</summary>
    /// <exception cref="KeyRefusedException">The host knows no such key.</exception>
    /// <exception cref="WorkerException">The worker can't go on.</exception>
    public async Task RunAsync(bool once, CancellationToken stop)
    {
        signs.Watch(work.Count, work.Engines);
        var free = time.GetTimestamp();
        while (true)
        {
            try
            {
                var taken = await signs.AskAsync(() => host.LeaseAsync(new PoolRequest(WorkProtocol.Version, process, WorkerBuild.Name, WaitSeconds, request, work.Can), stop));
                patience.Reset();
                if (taken is null)
                    continue;
                request = NewId();
                if (!ArtifactNames.IsId(taken.Federation) || taken.Cohort is not { Round: > 0, Attempt: > 0, First: >= 0, Count: > 0 and <= MostClients })
                    throw new NoAnswerException("work that is none");
                signs.Waited(time.GetElapsedTime(free));
                var begun = time.GetTimestamp();
                var isDone = await DoAsync(taken, stop);
                free = time.GetTimestamp();
                signs.Worked(taken.Phase, isDone, time.GetElapsedTime(begun));
                if (once)
                    return;
                if (isDone)
                    afterFailures.Reset();
                else
                    await afterFailures.WaitAsync(stop);
            }
            catch (Exception exception) when (exception is NoAnswerException or RequestRefusedException)
            {
                LogNoAnswer(log, exception.Message);
                await patience.WaitAsync(stop);
            }
        }
    }

    /// <returns>Whether it was done, or nobody waits for it any more; false if it failed here.</returns>
    private async Task<bool> DoAsync(TakenCohort taken, CancellationToken stop)
    {
        var cohort = taken.Cohort;
        await using var lease = new LeaseKeeper(
            (batches, cancel) => signs.AskAsync(() => host.RenewAsync(taken.Lease, batches, cancel)), host.RenewEvery, taken.Seconds, work.Count, stall, time, stop);
        try
        {
            LogTaken(log, taken.Phase.Activity, taken.Federation, cohort.Round, cohort.Attempt, cohort.First, cohort.Count);
            artifacts?.Begin(taken, lease);
            var (end, isDone) = await WorkAsync(taken, lease);
            lease.IsSending = true;
            await end(lease.Token);
            return isDone;
        }
        catch (LeaseOverException)
        {
            LogOver(log, taken.Federation, cohort.Round);
            return true;
        }
        catch (OperationCanceledException) when (lease.IsOver && !stop.IsCancellationRequested)
        {
            if (lease.Refusal is { } refusal)
                throw refusal;
            LogOver(log, taken.Federation, cohort.Round);
            return true;
        }
        catch (OperationCanceledException) when (lease.IsStalled && !stop.IsCancellationRequested)
        {
            await FailAsync(taken, new WorkFailureReport(WorkFailures.Stalled, (long)stall.TotalSeconds), stop);
            throw new WorkerException(FormattableString.Invariant(
                $"the training of round {cohort.Round} of {taken.Federation} got no further for {stall.TotalSeconds} seconds: what hangs can't be stopped but with the process"));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            await GiveBackAsync(taken);
            throw;
        }
        finally
        {
            artifacts?.End();
        }
    }

    /// <returns>Tells the host what came of it, as often as that takes.</returns>
    private async Task<(Func<CancellationToken, Task> End, bool IsDone)> WorkAsync(TakenCohort taken, LeaseKeeper lease)
    {
        var (federation, round) = (taken.Federation, taken.Cohort.Round);
        try
        {
            lease.IsTraining = taken.Phase.HasUpdates;
            await work.RunAsync(taken, lease.Token);
            lease.IsTraining = false;
            return (CompleteAsync, IsDone: true);
        }
        catch (WorkDeclinedException exception)
        {
            LogDeclined(log, federation, round, exception.Code, exception.InnerException);
            return (cancel => FailAsync(taken, new WorkFailureReport(exception.Code, exception.Number), cancel), IsDone: false);
        }
        catch (WorkNotNeededException)
        {
            throw new LeaseOverException();
        }
        catch (OutOfMemoryException exception)
        {
            LogDeclined(log, federation, round, WorkFailures.OutOfMemory, exception);
            return (async cancel =>
            {
                await FailAsync(taken, new WorkFailureReport(WorkFailures.OutOfMemory), cancel);
                throw new WorkerException($"there was not enough memory for round {round} of {federation}", exception);
            }, IsDone: false);
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or LeaseOverException or KeyRefusedException or WorkerException))
        {
            // As a host's own activity it is tried again, here or elsewhere: it counts as one of its deliveries.
            LogDeclined(log, federation, round, WorkFailures.Broken, exception);
            return (cancel => AskAsync(() => host.GiveBackAsync(taken.Lease, isDelivery: true, cancel), cancel), IsDone: false);
        }

        async Task CompleteAsync(CancellationToken cancel)
        {
            if (artifacts is not { IsCompleted: true })
                await AskAsync(() => host.CompleteAsync(taken.Lease, cancel), cancel);
            LogDone(log, taken.Phase.Activity, federation, round);
        }
    }

    private Task FailAsync(TakenCohort taken, WorkFailureReport report, CancellationToken cancellationToken) =>
        AskAsync(() => host.FailAsync(taken.Lease, report, cancellationToken), cancellationToken);

    /// <summary>The worker stops: another one need not wait until the lease expires, and this is no fault of the work.</summary>
    private async Task GiveBackAsync(TakenCohort taken)
    {
        using var soon = new CancellationTokenSource(GiveBackPatience, time);
        try
        {
            await host.GiveBackAsync(taken.Lease, isDelivery: false, soon.Token);
            LogGivenBack(log, taken.Federation, taken.Cohort.Round);
        }
        catch (Exception exception) when (exception is NoAnswerException or LeaseOverException or RequestRefusedException or OperationCanceledException)
        {
            LogNoAnswer(log, exception.Message);
        }
    }

    /// <summary>Asks until there is an answer.</summary>
    private async Task AskAsync(Func<Task> ask, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await ask();
                patience.Reset();
                return;
            }
            catch (NoAnswerException exception)
            {
                LogNoAnswer(log, exception.Message);
                await patience.WaitAsync(cancellationToken);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Activity} of {Federation}, round {Round}, attempt {Attempt}, clients from {First}: {Count} taken")]
    private static partial void LogTaken(ILogger logger, string activity, string federation, int round, int attempt, int first, int count);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Activity} of {Federation}, round {Round}: done")]
    private static partial void LogDone(ILogger logger, string activity, string federation, int round);

    [LoggerMessage(Level = LogLevel.Information, Message = "Round {Round} of {Federation}: given back")]
    private static partial void LogGivenBack(ILogger logger, string federation, int round);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Round {Round} of {Federation}: the lease is over, nobody waits for the work any more; nothing is sent")]
    private static partial void LogOver(ILogger logger, string federation, int round);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Round {Round} of {Federation}: not done ({Code})")]
    private static partial void LogDeclined(ILogger logger, string federation, int round, string code, Exception? exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No answer from the host, it is asked again: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, string reason);
}
