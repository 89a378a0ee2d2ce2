using FlDurable.ClientActivities;
using FlDurable.Shared.Work;

namespace FlDurable.Worker;

/// <summary>
/// Keeps a lease while its work gets on, and calls the work off when the host has taken it back, when there was no answer for as long as the
/// lease lasts, or when the training gets no further: a worker that hangs and renews would keep others from it for ever.
/// </summary>
internal sealed class LeaseKeeper : IAsyncDisposable
{
    private const int RenewalsALease = 3;
    private const int LooksAStall = 2;

    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);

    private readonly Func<long, CancellationToken, Task<RenewedLease>> renew;
    private readonly TimeSpan every;
    private readonly BatchCount count;
    private readonly TimeSpan stall;
    private readonly TimeProvider time;
    private readonly CancellationTokenSource cancellation;
    private readonly Task keeping;
    private (long Timestamp, DateTimeOffset Clock, TimeSpan Life) renewed;
    private (long Batches, long Timestamp) progress;

    /// <summary>Begins to keep a lease.</summary>
    /// <param name="renew">Renews it, and says how many batches were done so far.</param>
    /// <param name="every">How often it is renewed, unless a third of it is less.</param>
    /// <param name="seconds">How long it lasts.</param>
    /// <param name="count">Counts the batches.</param>
    /// <param name="stall">After how long without one a training hangs.</param>
    /// <param name="time">The clocks.</param>
    /// <param name="cancellationToken">Stops the work.</param>
    public LeaseKeeper(
        Func<long, CancellationToken, Task<RenewedLease>> renew, TimeSpan every, int seconds, BatchCount count, TimeSpan stall, TimeProvider time,
        CancellationToken cancellationToken)
    {
        this.renew = renew;
        this.every = every;
        this.count = count;
        this.stall = stall;
        this.time = time;
        cancellation = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Renewed(seconds);
        progress = (count.Batches, time.GetTimestamp());
        keeping = KeepAsync();
    }

    /// <summary>Cancelled when the work is to be stopped.</summary>
    public CancellationToken Token => cancellation.Token;

    /// <summary>Whether the lease is over.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Whether the training got no further.</summary>
    public bool IsStalled { get; private set; }

    /// <summary>Whether it is trained now, so that batches are to be done.</summary>
    public bool IsTraining { get; set; }

    /// <summary>
    /// Whether the host is being told what came of the work, which ends the lease: a renewal that comes after it is told so, and the work is not called off
    /// for that.
    /// </summary>
    public bool IsSending { get; set; }

    /// <summary>Whether the lease was over while that was being sent, so that it is renewed no more.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Whether the host knows no such key any more.</summary>
    public KeyRefusedException? Refusal { get; private set; }

    public async ValueTask DisposeAsync()
    {
        await cancellation.CancelAsync();
        await keeping;
        cancellation.Dispose();
    }

    private void Renewed(int seconds) => renewed = (time.GetTimestamp(), time.GetUtcNow(), TimeSpan.FromSeconds(seconds));

    // Whichever clock is ahead: one stands still while a machine sleeps, the other is set by people.
    private TimeSpan Left()
    {
        var passed = time.GetElapsedTime(renewed.Timestamp);
        var byClock = time.GetUtcNow() - renewed.Clock;
        return renewed.Life - (passed > byClock ? passed : byClock);
    }

    private async Task KeepAsync()
    {
        try
        {
            while (!IsEnded)
            {
                await Task.Delay(NextLook(), time, cancellation.Token);
                if (HasStalled())
                {
                    IsStalled = true;
                    break;
                }

                if (IsRenewalDue() && !await TryRenewAsync())
                {
                    IsOver = true;
                    break;
                }
            }

            if (!IsEnded)
                await cancellation.CancelAsync();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // The work is done, or the worker stops.
        }
    }

    private bool IsRenewalDue() => UntilRenewal() <= TimeSpan.Zero;

    private TimeSpan UntilRenewal() => Left() - renewed.Life + (renewed.Life / RenewalsALease < every ? renewed.Life / RenewalsALease : every);

    /// <summary>Soon enough for a renewal, for one that follows a failed one, and to see that a training hangs.</summary>
    private TimeSpan NextLook()
    {
        var untilRenewal = UntilRenewal();
        var next = untilRenewal > TimeSpan.Zero ? untilRenewal : Again;
        return next < stall / LooksAStall ? next : stall / LooksAStall;
    }

    /// <returns>False if the lease is over.</returns>
    private async Task<bool> TryRenewAsync()
    {
        try
        {
            Renewed((await renew(count.Batches, cancellation.Token)).Seconds);
            return true;
        }
        catch (NoAnswerException)
        {
            return Left() > TimeSpan.Zero;
        }
        catch (KeyRefusedException exception)
        {
            Refusal = exception;
            return false;
        }
        catch (LeaseOverException) when (IsSending)
        {
            IsEnded = true; // the answer to what is sent says whether it was that, or another's
            return true;
        }
        catch (Exception exception) when (exception is LeaseOverException or RequestRefusedException or WorkerException)
        {
            return false;
        }
    }

    private bool HasStalled()
    {
        if (!IsTraining || count.Batches != progress.Batches)
            progress = (count.Batches, time.GetTimestamp());
        return time.GetElapsedTime(progress.Timestamp) > stall;
    }
}
