using FlDurable.Shared.Contracts;
using FlDurable.Shared.Work;

namespace FlDurable.Orchestrator.Work;

/// <summary>
/// Work that the host offers and somebody else does. Delivery is at least once: a lease that is not renewed expires, and the work is given out
/// again. The first completion counts, and whoever has no lease any more can complete nothing. Methods may be called at the same time, also from
/// several processes.
/// </summary>
public interface IWorkBoard
{
    /// <summary>Workers that took work, did not give it back and were not heard of again: after so many it is not given out again.</summary>
    const int MostDeliveries = 3;

    /// <summary>Offers work; what was offered before, whatever has become of it, is left as it is.</summary>
    Task OfferAsync(WorkOffer offer, CancellationToken cancellationToken);

    /// <summary>Takes the oldest work that is offered to a site, that nobody has and that the worker can do. What it can't do is remembered (<see cref="ListRefusedAsync"/>).</summary>
    /// <param name="site">The site.</param>
    /// <param name="process">The worker's process.</param>
    /// <param name="request">Which request of the process it is: one that was given a lease has it, as long as it lasts. Null: each is another.</param>
    /// <param name="can">What the worker can do; null of one that does not say, which takes whatever there is.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Null if there is none.</returns>
    Task<WorkLease?> LeaseAsync(string site, string process, string? request, WorkerCapabilities? can, CancellationToken cancellationToken);

    /// <summary>Work that waits and that a worker, which has lately asked, can't do: whoever can takes it as soon as he asks.</summary>
    Task<IReadOnlyList<RefusedWork>> ListRefusedAsync(CancellationToken cancellationToken);

    /// <summary>A lease that is a site's and has not expired; else null.</summary>
    Task<WorkLease?> FindLeaseAsync(string site, string lease, CancellationToken cancellationToken);

    /// <summary>Has a lease last anew, as long as the work's time is not over.</summary>
    /// <returns>How long, in seconds; null if it is none any more.</returns>
    Task<int?> RenewAsync(string site, string lease, CancellationToken cancellationToken);

    /// <summary>Says what came of work.</summary>
    /// <returns>Whether that counts: also when it is said again by the same lease.</returns>
    Task<bool> CompleteAsync(string site, string lease, PartResult result, CancellationToken cancellationToken);

    /// <summary>Whether what came of work by this lease counts: for a worker that was not told.</summary>
    Task<bool> CountsAsync(string site, string lease, CancellationToken cancellationToken);

    /// <summary>Gives work back that was taken and not begun, or not finished.</summary>
    /// <param name="site">The site.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="isDelivery">Whether it counts as delivered all the same: it failed where it was.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether the lease was one.</returns>
    Task<bool> GiveBackAsync(string site, string lease, bool isDelivery, CancellationToken cancellationToken);

    /// <summary>Takes an offer back, unless something came of it. Leases of it end.</summary>
    Task WithdrawAsync(string work, CancellationToken cancellationToken);

    /// <summary>What has become of an offer; null if there was none.</summary>
    Task<WorkStatus?> FindAsync(string work, CancellationToken cancellationToken);

    /// <summary>A site's offers that <see cref="MostDeliveries"/> workers have taken and none has ended or given back.</summary>
    Task<IReadOnlyList<WorkOffer>> ListSpentAsync(string site, CancellationToken cancellationToken);

    /// <summary>Says what came of work without anybody who has it, if nothing came of it yet.</summary>
    Task EndAsync(string work, PartResult result, CancellationToken cancellationToken);

    /// <summary>Offers that something came of which the instance that waits was not told yet.</summary>
    Task<IReadOnlyList<EndedWork>> ListUntoldAsync(CancellationToken cancellationToken);

    /// <summary>Remembers that the instance was told.</summary>
    Task MarkToldAsync(string work, CancellationToken cancellationToken);
}

/// <summary>Work that is offered.</summary>
/// <param name="Site">To whom: a site, or <see cref="Pool"/>.</param>
/// <param name="Input">Which, and who waits for it.</param>
/// <param name="LeaseSeconds">How long a lease lasts.</param>
/// <param name="Needs">What a worker must have for it; null where a build offered it that did not say.</param>
public sealed record WorkOffer(string Site, OfferWorkInput Input, int LeaseSeconds, WorkRequirements? Needs = null)
{
    /// <summary>Stands for the workers of the pool, in the place of a site; it is no site's name.</summary>
    public const string Pool = "*";
}

/// <summary>Work that a worker has.</summary>
/// <param name="Id">The lease's id, which only the worker knows.</param>
/// <param name="Offer">The work.</param>
/// <param name="Process">The worker's process.</param>
/// <param name="Seconds">How long the lease lasts from now on.</param>
public sealed record WorkLease(string Id, WorkOffer Offer, string Process, int Seconds);

/// <summary>What has become of an offer.</summary>
/// <param name="Result">What came of it; null while nothing has.</param>
/// <param name="IsWithdrawn">Whether it was taken back.</param>
/// <param name="SecondsLeft">How long a worker may still have it; null while none has it.</param>
/// <param name="IsSpent">Whether <see cref="IWorkBoard.MostDeliveries"/> workers have taken it and none has ended or given it back.</param>
public sealed record WorkStatus(PartResult? Result, bool IsWithdrawn, int? SecondsLeft, bool IsSpent = false);

/// <summary>Work that waits, and that workers who ask can't do.</summary>
/// <param name="Offer">The work.</param>
/// <param name="Why">Why the last of them can't, for a person: <see cref="WorkerCapabilities.WhyNot"/>.</param>
public sealed record RefusedWork(WorkOffer Offer, string Why)
{
    /// <summary>How long that is remembered: a worker asks again within half a minute.</summary>
    public static readonly TimeSpan Holds = TimeSpan.FromSeconds(90);

    /// <summary>After how long it is written down anew while the worker asks on.</summary>
    public static readonly TimeSpan Again = TimeSpan.FromSeconds(30);

    /// <summary>The federation.</summary>
    public string Federation => WorkNames.FederationOf(Offer.Input.Work);

    /// <summary>For a person.</summary>
    public string Describe() => FormattableString.Invariant(
        $"{(Offer.Input.Phase.HasUpdates ? "training" : "evaluation")} of round {Offer.Input.Cohort.Round} waits for a worker of {(Offer.Site == WorkOffer.Pool ? "the pool" : $"site {Offer.Site}")} that can do it: of the last that asked, {Why}");
}

/// <summary>An offer that something came of.</summary>
/// <param name="Offer">The offer.</param>
/// <param name="Result">What came of it.</param>
public sealed record EndedWork(WorkOffer Offer, PartResult Result);
