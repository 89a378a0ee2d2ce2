using System.Security.Cryptography;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Json;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.Extensions.Logging;

namespace FlDurable.Worker;

/// <summary>Takes work, does it and sends what came of it, one piece after another.</summary>
/// <param name="number">Which of the worker's slots.</param>
/// <param name="site">What the slots share.</param>
/// <param name="work">Does the work.</param>
internal sealed partial class WorkSlot(int number, Site site, SiteWork work)
{
    private const int WaitSeconds = 25;
    private const long LeastFreeBytes = 256L << 20;

    private static readonly TimeSpan GiveBackPatience = TimeSpan.FromSeconds(10);

    private readonly Patience patience = new(site.Time);

    // Whether the host may have a part of the update already: what was not sent is not asked for.
    private bool mayHaveSent;

    /// <summary>Works until it is stopped, or, if it is to do so once, one piece.</summary>
    /// <exception cref="KeyRefusedException">The host knows no such key.</exception>
    /// <exception cref="WorkerException">The worker can't go on.</exception>
    public async Task RunAsync(bool once, CancellationToken stop)
    {
        site.Signs.Watch(work.Count, work.Engines);
        var left = site.Spool.FindTaken(number);
        var free = site.Time.GetTimestamp();
        while (true)
        {
            try
            {
                await site.EnrolAsync(stop);
                var taken = left is null ? await TakeAsync(stop) : await TakeUpAsync(left, stop);
                mayHaveSent = left is not null;
                left = null;
                patience.Reset();
                if (taken is null)
                    continue;
                site.Signs.Waited(site.Time.GetElapsedTime(free));
                var begun = site.Time.GetTimestamp();
                var isDone = await DoAsync(taken, stop);
                free = site.Time.GetTimestamp();
                site.Signs.Worked(taken.Phase, isDone, site.Time.GetElapsedTime(begun));
                if (once)
                    return;
            }
            catch (NoAnswerException exception)
            {
                LogNoAnswer(site.Log, exception.Message);
                await patience.WaitAsync(stop);
            }
            catch (Exception exception) when (exception is DatasetException or ArtifactStoreException or IOException or RequestRefusedException or UnreadablePolicyException)
            {
                LogNotReady(site.Log, exception.Message, exception);
                await patience.WaitAsync(stop);
            }
        }
    }

    private async Task<TakenWork?> TakeAsync(CancellationToken stop)
    {
        if (site.Spool.FreeBytes() < LeastFreeBytes)
            throw new IOException($"less than {LeastFreeBytes >> 20} MB are free where the worker keeps its work: it takes none");
        site.Policy.Read(); // one that can't be read allows nothing
        if (await site.Host.LeaseAsync(new LeaseRequest(WorkProtocol.Version, site.Spool.Process, WaitSeconds, site.Spool.Request(number), work.Can), stop) is not { } taken)
            return null;
        if (!ArtifactNames.IsId(taken.Federation))
            throw new NoAnswerException("work of a federation with an id that is none");
        site.Spool.KeepTaken(number, taken);
        site.Spool.ForgetRequest(number);
        return taken;
    }

    /// <summary>Goes on with work that a process before this one had, if its lease still lasts.</summary>
    private async Task<TakenWork?> TakeUpAsync(TakenWork taken, CancellationToken stop)
    {
        try
        {
            var renewed = await site.Host.RenewAsync(taken.Lease, work.Count.Batches, stop);
            LogTakenUp(site.Log, taken.Federation, taken.Round);
            return taken with { Seconds = renewed.Seconds };
        }
        catch (LeaseOverException)
        {
            return null;
        }
    }

    /// <returns>Whether it was done; false if nobody waits for it any more.</returns>
    private async Task<bool> DoAsync(TakenWork taken, CancellationToken stop)
    {
        await using var lease = new LeaseKeeper(
            (batches, cancel) => site.Host.RenewAsync(taken.Lease, batches, cancel), WorkProtocol.RenewEvery, taken.Seconds, work.Count, site.Stall, site.Time, stop);
        try
        {
            LogTaken(site.Log, taken.Phase.Activity, taken.Federation, taken.Round, taken.Attempt);
            var end = await WorkAsync(taken, lease);
            lease.IsSending = true;
            await end(lease.Token);
            site.Spool.ForgetTaken(number);
            work.Forget();
            return true;
        }
        catch (LeaseOverException)
        {
            LogOver(site.Log, taken.Federation, taken.Round);
            return false;
        }
        catch (OperationCanceledException) when (lease.IsOver && !stop.IsCancellationRequested)
        {
            if (lease.Refusal is { } refusal)
                throw refusal;
            LogOver(site.Log, taken.Federation, taken.Round);
            return false;
        }
        catch (OperationCanceledException) when (lease.IsStalled && !stop.IsCancellationRequested)
        {
            await TellAsync(taken, new WorkFailureReport(WorkFailures.Stalled, (long)site.Stall.TotalSeconds), stop);
            throw new WorkerException(FormattableString.Invariant($"the training of round {taken.Round} of {taken.Federation} got no further for {site.Stall.TotalSeconds} seconds: what hangs can't be stopped but with the process"));
        }
        catch (Exception exception) when (exception is UnreadablePolicyException || (exception is OperationCanceledException && stop.IsCancellationRequested))
        {
            await GiveBackAsync(taken);
            throw;
        }
        finally
        {
            site.End(number);
        }
    }

    /// <returns>Tells the host what came of it, as often as that takes.</returns>
    private async Task<Func<CancellationToken, Task>> WorkAsync(TakenWork taken, LeaseKeeper lease)
    {
        try
        {
            var order = taken.Order ?? await AskAsync(cancel => site.Host.GetOrderAsync(taken.Lease, cancel), lease.Token);
            if ((order.Spec.Id, order.Round, order.Attempt, order.Phase) != (taken.Federation, taken.Round, taken.Attempt, taken.Phase))
                throw new WorkDeclinedException(WorkFailures.Broken); // the audit file tells what was leased
            var policy = site.Policy.Read();
            var privacy = policy.Over(order.Spec.Spec.Privacy);
            var digest = SiteWork.DigestOf(order, privacy);
            site.Begin(number, order, digest, policy);
            var data = await RequireDataAsync(order, policy, lease.Token);
            var length = work.LengthOfParameters(order);
            var parameters = await AskAsync(
                async cancel => await site.Host.GetParametersAsync(taken.Lease, length, cancel) is var read && SiteWork.Matches(order, read)
                    ? read
                    : throw new NoAnswerException("parameters of another SHA-256 than the order names"),
                lease.Token);
            var started = site.Time.GetTimestamp();
            lease.IsTraining = order.Phase.HasUpdates;
            var (outcome, update) = await work.RunAsync(
                order with { Client = order.Client with { TrainExamples = data.TrainExamples, ValidationExamples = data.ValidationExamples } }, digest, parameters, privacy, lease.Token);
            lease.IsTraining = false;
            await RequireDataAsync(order, policy, lease.Token);
            if (outcome.Failure is { } failure)
                throw Declined(failure.Reason);
            var report = new WorkReport(
                policy.Reduce((int)outcome.Examples), site.Time.GetElapsedTime(started).TotalSeconds, policy.Reduce(outcome.Metrics!), outcome.Update?.Sha256, outcome.Steps,
                outcome.InitialLoss is { } loss ? policy.Reduce(loss) : null);
            return cancel => SendAsync(taken, digest, report, update, cancel);
        }
        catch (WorkDeclinedException exception)
        {
            LogDeclined(site.Log, taken.Federation, taken.Round, exception.Code, exception.InnerException);
            return cancel => TellAsync(taken, new WorkFailureReport(exception.Code, exception.Number), cancel);
        }
        catch (OutOfMemoryException exception)
        {
            LogDeclined(site.Log, taken.Federation, taken.Round, WorkFailures.OutOfMemory, exception);
            return async cancel =>
            {
                await TellAsync(taken, new WorkFailureReport(WorkFailures.OutOfMemory), cancel);
                throw new WorkerException($"there was not enough memory for round {taken.Round} of {taken.Federation}", exception);
            };
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or LeaseOverException or KeyRefusedException or WorkerException))
        {
            var code = exception is IOException && site.Spool.FreeBytes() < LeastFreeBytes ? WorkFailures.DiskFull : WorkFailures.Broken;
            LogDeclined(site.Log, taken.Federation, taken.Round, code, exception);
            return cancel => TellAsync(taken, new WorkFailureReport(code), cancel);
        }
    }

    /// <summary>
    /// Data that has changed, also while it was trained on, is not what the federation counts on. What of it is trained on and what evaluated is the site's to
    /// say: who could choose a single image would see what is learnt from it.
    /// </summary>
    private async Task<LoadedData> RequireDataAsync(WorkOrder order, SitePolicy policy, CancellationToken cancellationToken)
    {
        var has = await site.Data.LookAsync(policy.Unreadable, cancellationToken);
        var client = order.Client;
        return (has.Digest, policy.Reduce(has.TrainExamples), policy.Reduce(has.ValidationExamples)) == (client.Data.Sha256, client.TrainExamples, client.ValidationExamples)
            ? has
            : throw new WorkDeclinedException(WorkFailures.DataChanged);
    }

    private WorkDeclinedException Declined(string reason)
    {
        LogReason(site.Log, reason);
        return new WorkDeclinedException(reason.StartsWith("the training diverged", StringComparison.Ordinal) ? WorkFailures.Diverged : WorkFailures.Unfit);
    }

    private async Task SendAsync(TakenWork taken, string digest, WorkReport report, byte[]? update, CancellationToken cancellationToken)
    {
        var said = ContractJson.SerializeToUtf8(report);
        List<Departure> left = [new("report", said.Length, Convert.ToHexStringLower(SHA256.HashData(said)))];
        if (update is not null)
            left.Add(new Departure("update", update.Length, report.UpdateSha256!));
        site.Audit(new AuditEntry(
            site.Now, taken.Phase.HasUpdates ? AuditEntry.Trained : AuditEntry.Evaluated, site.Server, taken.Federation, taken.Round, taken.Phase, report.Examples, left, Order: digest));
        try
        {
            await AskAsync(
                async cancel =>
                {
                    var isAgain = mayHaveSent;
                    mayHaveSent = true;
                    await (update is null ? site.Host.CompleteAsync(taken.Lease, report, cancel) : site.Host.CompleteAsync(taken.Lease, report, update, isAgain, cancel));
                    return true;
                },
                cancellationToken);
            LogDone(site.Log, taken.Phase.Activity, taken.Federation, taken.Round, report.Examples, report.Seconds);
        }
        catch (RequestRefusedException exception)
        {
            LogNotReady(site.Log, exception.Message, exception);
            await TellAsync(taken, new WorkFailureReport(WorkFailures.Broken), cancellationToken);
        }
    }

    private async Task TellAsync(TakenWork taken, WorkFailureReport report, CancellationToken cancellationToken)
    {
        site.Audit(new AuditEntry(
            site.Now, report.Code.StartsWith("policy-", StringComparison.Ordinal) ? AuditEntry.Refused : AuditEntry.Failed, site.Server, taken.Federation, taken.Round, taken.Phase,
            Reason: WorkFailures.Describe(report)));
        await AskAsync(
            async cancel =>
            {
                await site.Host.FailAsync(taken.Lease, report, cancel);
                return true;
            },
            cancellationToken);
    }

    /// <summary>The worker stops: another one need not wait until the lease expires, and this is no fault of the work.</summary>
    private async Task GiveBackAsync(TakenWork taken)
    {
        using var soon = new CancellationTokenSource(GiveBackPatience, site.Time);
        try
        {
            await site.Host.GiveBackAsync(taken.Lease, soon.Token);
            LogGivenBack(site.Log, taken.Federation, taken.Round);
        }
        catch (Exception exception) when (exception is NoAnswerException or LeaseOverException or RequestRefusedException or OperationCanceledException)
        {
            LogNoAnswer(site.Log, exception.Message);
        }
    }

    /// <summary>Asks until there is an answer.</summary>
    private async Task<T> AskAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var answer = await ask(cancellationToken);
                patience.Reset();
                return answer;
            }
            catch (NoAnswerException exception)
            {
                LogNoAnswer(site.Log, exception.Message);
                await patience.WaitAsync(cancellationToken);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Activity} of {Federation}, round {Round}, attempt {Attempt}: taken")]
    private static partial void LogTaken(ILogger logger, string activity, string federation, int round, int attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Activity} of {Federation}, round {Round}: done on {Examples} examples in {Seconds:F1} s")]
    private static partial void LogDone(ILogger logger, string activity, string federation, int round, int examples, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "Round {Round} of {Federation}: taken up again, as the process before had it")]
    private static partial void LogTakenUp(ILogger logger, string federation, int round);

    [LoggerMessage(Level = LogLevel.Information, Message = "Round {Round} of {Federation}: given back")]
    private static partial void LogGivenBack(ILogger logger, string federation, int round);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Round {Round} of {Federation}: the lease is over, nobody waits for the work any more; nothing is sent")]
    private static partial void LogOver(ILogger logger, string federation, int round);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Round {Round} of {Federation}: not done ({Code})")]
    private static partial void LogDeclined(ILogger logger, string federation, int round, string code, Exception? exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "It can't be done: {Reason}")]
    private static partial void LogReason(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "No answer from the host, it is asked again: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not ready for work, tried again: {Reason}")]
    private static partial void LogNotReady(ILogger logger, string reason, Exception exception);
}
