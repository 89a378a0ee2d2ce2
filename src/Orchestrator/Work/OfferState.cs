using System.Text.Json.Serialization;
using FlDurable.Shared.Contracts;

namespace FlDurable.Orchestrator.Work;

/// <summary>An offer on a <see cref="QueueWorkBoard"/>, and what has become of it. Times are UTC ticks by the account's clock.</summary>
internal sealed record OfferState(
    WorkOffer Offer, string? Lease = null, string? Process = null, long? Expires = null, long? Taken = null, int Deliveries = 0, bool IsWithdrawn = false, PartResult? Result = null,
    bool IsTold = false, HeldMessage? Message = null, string? Unsuited = null, long? Refused = null)
{
    /// <summary>Whether something may still come of it.</summary>
    [JsonIgnore]
    public bool IsOpen => Result is null && !IsWithdrawn;

    private long AttemptTicks => Offer.Input.AttemptSeconds * TimeSpan.TicksPerSecond;

    /// <summary>Whether somebody has it by a lease.</summary>
    public bool IsHeld(string site, string lease, long now) => IsOpen && Offer.Site == site && Lease == lease && Expires > now;

    /// <summary>Whether it is not given out again: too many have had it, and none has it now.</summary>
    public bool IsSpent(long now) => IsOpen && Deliveries >= IWorkBoard.MostDeliveries && (Expires is null || Expires <= now);

    /// <summary>When a lease that begins or is renewed now expires; null if the work's time is over.</summary>
    public long? ExpiryFrom(long now)
    {
        var end = (Taken ?? now) + AttemptTicks;
        return end <= now ? null : Math.Min(now + (Offer.LeaseSeconds * TimeSpan.TicksPerSecond), end);
    }

    /// <summary>How long the lease lasts from now on, in seconds.</summary>
    public int SecondsOfLease(long now) => Math.Max(0, Seconds((Expires ?? now) - now));

    /// <summary>How long whoever has taken it may have it, in seconds; null while none has.</summary>
    public int? SecondsOfAttempt(long now) => Taken is { } taken ? Math.Max(0, Seconds(taken + AttemptTicks - now)) : null;

    // Never 0 while there is time left: a worker that is told 0 has lost its lease.
    private static int Seconds(long ticks) => (int)Math.Ceiling((double)ticks / TimeSpan.TicksPerSecond);
}

/// <summary>A message that was received, and by which receipt it is hidden or deleted.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Receipt">The last receipt that is known.</param>
internal sealed record HeldMessage(string Id, string Receipt);
