using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.Extensions.Logging;

namespace FlDurable.Orchestrator.Work;

/// <summary>
/// What a host does for workers, above all those of sites: gives out what the board has for them, lets them read what a lease names and nothing else, and takes
/// what came of it. A result lies in the store before the board has it, and the board has it before the instance that waits is told.
/// </summary>
public sealed partial class WorkDesk(
    IArtifactStore store, IWorkBoard board, NetworkRegistry networks, WorkBell bell, TimeProvider time, ILogger<WorkDesk> logger, ISiteRegistry? sites = null,
    IOrchestrationClient? client = null, WorkerPresence? presence = null)
{
    private const double MostSeconds = 1e9;

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(5);

    private volatile bool isOneUntold;

    /// <summary>After how long the board is first looked at again for whoever waits for work; each time twice as long, up to the usual. Where the bell rings for work, that is soon enough.</summary>
    internal TimeSpan FirstLook { get; init; } = LookEvery;

    /// <summary>What a second process of a site is told.</summary>
    public static string IsAnothers(string site) => $"another worker process of site {site} asks for its work: stop it, or wait a minute until it is taken for dead";

    /// <summary>Gives a site's worker the oldest work that there is for it; waits for some if there is none and it wants to.</summary>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="WorkRefusedException">Another process of the site has its work.</exception>
    public async Task<TakenWork?> LeaseAsync(
        string site, string process, string? request, WorkerCapabilities? can, TimeSpan patience, CancellationToken cancellationToken)
    {
        var leased = await LeaseAsync(
            site, process, request, can, patience,
            async () =>
            {
                if (!await Sites.ClaimAsync(site, process, cancellationToken))
                    throw new WorkRefusedException(IsAnothers(site));
            },
            cancellationToken);
        return leased is { Offer.Input: { } work }
            ? new TakenWork(leased.Id, leased.Seconds, FederationOf(work), work.Cohort.Round, work.Cohort.Attempt, work.Phase)
            : null;
    }

    /// <summary>Leases the oldest work that there is; waits for some if there is none and whoever asks wants to.</summary>
    /// <param name="site">For whom: a site, or the pool.</param>
    /// <param name="process">The worker's process.</param>
    /// <param name="request">Which request of it.</param>
    /// <param name="can">What it can do; null where it does not say.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="see">Told each time that the board is looked at for it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<WorkLease?> LeaseAsync(
        string site, string process, string? request, WorkerCapabilities? can, TimeSpan patience, Func<Task> see, CancellationToken cancellationToken)
    {
        using var attendance = presence?.Attend(WorkerOf(site, process), isOften: can is not null); // of protocol 2
        var end = time.GetUtcNow() + patience;
        for (var look = FirstLook; ; look = look * 2 < LookEvery ? look * 2 : LookEvery)
        {
            await see();
            var rung = bell.NextFor(site);
            if (await TakeAsync(site, process, request, can, cancellationToken) is { } taken)
                return taken;
            var left = end - time.GetUtcNow();
            if (left <= TimeSpan.Zero)
                return null;
            await Task.WhenAny(rung, Task.Delay(left < look ? left : look, time, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    /// <summary>What leased work needs; null if it is leased no longer.</summary>
    public async Task<WorkOrder?> FindOrderAsync(string site, string lease, CancellationToken cancellationToken)
    {
        if (await board.FindLeaseAsync(site, lease, cancellationToken) is not { } leased)
            return null;
        var (cohort, phase) = (leased.Offer.Input.Cohort, leased.Offer.Input.Phase);
        var spec = await store.ReadSpecAsync(cohort.Spec, cancellationToken);
        var plan = phase.HasUpdates ? (await store.ReadJsonAsync<Selection>(cohort.Selection, cancellationToken)).Plan : null;
        return new WorkOrder(ForOthers(spec), cohort.Round, cohort.Attempt, phase, await ReadClientAsync(leased.Offer.Input, cancellationToken), cohort.Global, plan);
    }

    /// <summary>The global parameters of leased work; null if it is leased no longer.</summary>
    public async Task<ArtifactReference?> FindParametersAsync(string site, string lease, CancellationToken cancellationToken) =>
        (await board.FindLeaseAsync(site, lease, cancellationToken))?.Offer.Input.Cohort.Global;

    /// <summary>Has a lease last anew; null if it is none any more, or nobody waits for the work.</summary>
    public async Task<RenewedLease?> RenewAsync(string site, string lease, CancellationToken cancellationToken)
    {
        if (await board.FindLeaseAsync(site, lease, cancellationToken) is not { } leased)
            return null;
        presence?.Hear(WorkerOf(site, leased.Process));
        if (!await WorkNeed.IsThereAsync(store, leased.Offer.Input, time.GetUtcNow(), cancellationToken))
        {
            await board.WithdrawAsync(leased.Offer.Input.Work, cancellationToken);
            return null;
        }

        if (site != WorkOffer.Pool)
            await Sites.ClaimAsync(site, leased.Process, cancellationToken);
        return await board.RenewAsync(site, lease, cancellationToken) is { } seconds ? new RenewedLease(seconds) : null;
    }

    /// <summary>Takes what came of work.</summary>
    /// <param name="site">Whose worker says so.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="report">What it says.</param>
    /// <param name="useUpdate">Has the update used that it sent, if it sent one of that SHA-256; memory need not hold two such at a time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether it counts: not if the lease is none any more.</returns>
    /// <exception cref="WorkRefusedException">
    /// The metrics are none that a client may report, the examples are more than the site had enrolled when the federation began, or the update is not of the network's shape, or is missing.
    /// </exception>
    public async Task<bool> CompleteAsync(
        string site, string lease, WorkReport report, UseSentUpdate useUpdate, CancellationToken cancellationToken)
    {
        if (report.Metrics.Problem is { } problem)
            throw new WorkRefusedException($"metrics: {problem}");
        if (await board.FindLeaseAsync(site, lease, cancellationToken) is not { } leased)
            return false;
        var work = leased.Offer.Input;
        await CheckExamplesAsync(work, report.Examples, cancellationToken);
        var update = work.Phase.HasUpdates ? await KeepUpdateAsync(work, site, report, useUpdate, cancellationToken) : null;
        var outcome = new ClientOutcome(site, report.Examples, report.Seconds, report.Metrics, update)
        {
            Steps = report.Steps,
            InitialLoss = report.InitialLoss,
            StartedAt = report.Seconds is >= 0 and < MostSeconds ? time.GetUtcNow().AddSeconds(-report.Seconds) : null, // a site's own clock may be wrong
        };
        return await EndAsync(leased, await WorkResults.PutAsync(store, work, [outcome], cancellationToken), cancellationToken);
    }

    /// <summary>Takes that nothing came of work.</summary>
    /// <returns>Whether it counts: not if the lease is none any more.</returns>
    public async Task<bool> FailAsync(string site, string lease, WorkFailureReport report, CancellationToken cancellationToken) =>
        await board.FindLeaseAsync(site, lease, cancellationToken) is { } leased
        && await EndAsync(
            leased,
            await WorkResults.PutFailureAsync(
                store, leased.Offer, site == WorkOffer.Pool ? WorkFailures.DescribeOfPool(report) : WorkFailures.Describe(report), cancellationToken),
            cancellationToken);

    /// <summary>Whether what came of work by this lease counts already: for a worker that was not told.</summary>
    public Task<bool> CountsAsync(string site, string lease, CancellationToken cancellationToken) => board.CountsAsync(site, lease, cancellationToken);

    /// <summary>Takes work back, for another worker.</summary>
    /// <returns>Whether the lease was one.</returns>
    public Task<bool> GiveBackAsync(string site, string lease, CancellationToken cancellationToken) => GiveBackAsync(site, lease, isDelivery: false, cancellationToken);

    /// <summary>Takes work back, for another worker.</summary>
    /// <param name="site">Whose worker gives it back.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="isDelivery">Whether it failed where it was, which counts as one of its deliveries.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Whether the lease was one.</returns>
    public async Task<bool> GiveBackAsync(string site, string lease, bool isDelivery, CancellationToken cancellationToken)
    {
        var isBack = await board.GiveBackAsync(site, lease, isDelivery, cancellationToken);
        if (isBack)
            bell.Ring(site);
        return isBack;
    }

    /// <summary>How many bytes the update of leased work can have at most; null if it is leased no longer, or of no training.</summary>
    public async Task<long?> FindMostUpdateBytesAsync(string site, string lease, CancellationToken cancellationToken)
    {
        // As many numbers as the parameters that it starts from; only what a safetensors file says of itself may be longer.
        const long header = 64 << 10;
        return await board.FindLeaseAsync(site, lease, cancellationToken) is { Offer.Input: { Phase.HasUpdates: true } work } ? work.Cohort.Global.Length + header : null;
    }

    /// <summary>
    /// Tells the instances that wait of every end that they were not told of: at the host's start those of before. One that can't be told keeps
    /// nobody else from being told; it is tried again when a worker next asks, and its instance looks by itself when the work's time is over.
    /// </summary>
    public async Task TellAsync(CancellationToken cancellationToken)
    {
        isOneUntold = false;
        if (client is null)
            return; // whoever takes the board's messages tells them
        foreach (var ended in await board.ListUntoldAsync(cancellationToken))
        {
            var work = ended.Offer.Input;
            try
            {
                await client.RaiseEventAsync(work.Instance, work.Event, WorkResults.ForMessage(ended.Result), cancellationToken);
                await board.MarkToldAsync(work.Work, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                isOneUntold = true; // whoever asked is gone; the next tells it
                throw;
            }
#pragma warning disable CA1031 // Whatever is wrong with one is no reason not to tell the others, nor for the host not to start.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                isOneUntold = true;
                if (exception is not OperationCanceledException) // of an engine that stops: the host's next start tells it
                    LogUntold(logger, work.Instance, work.Work, exception);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Instance {Instance} could not be told what came of work {Work}; it is told again by and by")]
    private static partial void LogUntold(ILogger logger, string instance, string work, Exception exception);

    private static string WorkerOf(string site, string process) => site == WorkOffer.Pool ? process : site;

    private ISiteRegistry Sites => sites ?? throw new InvalidOperationException("this host has no sites");

    private async Task<WorkLease?> TakeAsync(string site, string process, string? request, WorkerCapabilities? can, CancellationToken cancellationToken)
    {
        if (isOneUntold)
            await TellAsync(cancellationToken);
        if ((await SpentWork.EndAsync(store, board, site, cancellationToken)).Count > 0)
            await TellAsync(cancellationToken);
        while (await board.LeaseAsync(site, process, request, can, cancellationToken) is { } leased)
        {
            var work = leased.Offer.Input;
            try
            {
                if (await WorkNeed.IsThereAsync(store, work, time.GetUtcNow(), cancellationToken))
                    return leased;
                await board.WithdrawAsync(work.Work, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                await board.GiveBackAsync(site, leased.Id, isDelivery: false, CancellationToken.None); // whoever asked is gone
                throw;
            }
        }

        return null;
    }

    private async Task<ClientPartition> ReadClientAsync(OfferWorkInput work, CancellationToken cancellationToken) =>
        (await store.ReadSelectedAsync(work.Cohort.Selection, work.Phase, new SelectionRange(work.Cohort.First, work.Cohort.Count), cancellationToken))[0];

    /// <summary>The examples are an update's weight: no site has more of it than the federation began with, whatever it has enrolled since.</summary>
    private async Task CheckExamplesAsync(OfferWorkInput work, int examples, CancellationToken cancellationToken)
    {
        var client = await ReadClientAsync(work, cancellationToken);
        var most = work.Phase.HasUpdates ? client.TrainExamples : client.ValidationExamples;
        if (examples < 1 || examples > most)
            throw new WorkRefusedException(FormattableString.Invariant($"examples: expected 1 to {most}, as the site had enrolled when the federation began, got {examples}"));
    }

    /// <summary>The federation whose work it is.</summary>
    internal static string FederationOf(OfferWorkInput work) => WorkNames.FederationOf(work.Work);

    /// <summary>Ends leased work with what lies in the store.</summary>
    /// <returns>Whether that counts: not if the lease is none any more.</returns>
    internal async Task<bool> EndAsync(WorkLease leased, PartResult result, CancellationToken cancellationToken)
    {
        try
        {
            if (!await board.CompleteAsync(leased.Offer.Site, leased.Id, result, cancellationToken))
                return false;
        }
        catch (OperationCanceledException)
        {
            isOneUntold = true; // it may be in the board
            throw;
        }

        // The instance waits for it, whether or not whoever brought it still does.
        await TellAsync(CancellationToken.None);
        return true;
    }

    private async Task<ArtifactReference> KeepUpdateAsync(
        OfferWorkInput work, string site, WorkReport report, UseSentUpdate useUpdate, CancellationToken cancellationToken)
    {
        var (id, cohort) = (FederationOf(work), work.Cohort);
        var name = ArtifactNames.Update(id, cohort.Round, cohort.Attempt, site);
        if (await store.FindAsync(name, cancellationToken) is { } kept && kept.Sha256 == report.UpdateSha256)
            return kept;
        var spec = await store.ReadSpecAsync(cohort.Spec, cancellationToken);
        return await useUpdate(
            update => KeepUpdateAsync(
                name, spec, report.UpdateSha256, update ?? throw new WorkRefusedException("updateSha256: no update of this SHA-256 was sent under the lease"), cancellationToken),
            cancellationToken);
    }

    private async Task<ArtifactReference> KeepUpdateAsync(string name, ResolvedSpec spec, string? sha256, ReadOnlyMemory<byte> update, CancellationToken cancellationToken)
    {
        try
        {
            Safetensors.Check<float>(update.Span, networks.Get(spec).Layout);
        }
        catch (SafetensorsException exception)
        {
            throw new WorkRefusedException($"the update is none of network {spec.Spec.Network}: {exception.Message}");
        }

        var written = await store.PutAsync(name, update, cancellationToken);
        return written.Sha256 == sha256
            ? written
            : throw new WorkRefusedException("updateSha256: another update of this work was sent before, under another lease");
    }

    /// <summary>Of a spec what concerns whoever trains: not where the host has data, who is told, nor who else takes part.</summary>
    internal static ResolvedSpec ForOthers(ResolvedSpec spec)
    {
        var reduced = spec with
        {
            Spec = spec.Spec with { Clients = spec.Spec.Clients, CentralEvaluation = false, Data = null, Initial = null, Notify = null, Placement = null },
            DataFolder = null,
            Initial = null,
            InitialState = null,
            InitialClientStates = null,
            PrivacySpentBefore = null,
            Seal = null,
        };
        return reduced with { Seal = DocumentSeal.Of(reduced) };
    }
}

/// <summary>Uses an update that a worker has sent.</summary>
/// <param name="use">Is given the update; null if none of the SHA-256 that it says was sent.</param>
/// <param name="cancellationToken">Gives up.</param>
public delegate Task<ArtifactReference> UseSentUpdate(Func<ReadOnlyMemory<byte>?, Task<ArtifactReference>> use, CancellationToken cancellationToken);

/// <summary>What a worker asks for is not done.</summary>
/// <param name="message">Why, for the person who looks after the worker.</param>
public sealed class WorkRefusedException(string message) : Exception(message);
