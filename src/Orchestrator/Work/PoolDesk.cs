using System.Text;
using FlDurable.Orchestrator.Aggregation;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;

namespace FlDurable.Orchestrator.Work;

/// <summary>
/// What a host does for workers of the pool, which have no data and no way to the artifact store of their own: gives out cohorts, lets them read the artifacts that a lease
/// names and write those that its work leaves, and nothing else.
/// </summary>
/// <param name="desk">Gives out work.</param>
/// <param name="board">The board.</param>
/// <param name="store">The artifacts.</param>
/// <param name="pool">Who may work; null where that is not for the host to say.</param>
/// <param name="isAtHand">Whether workers have the artifacts at hand, so that nothing of them comes with a lease.</param>
public sealed class PoolDesk(WorkDesk desk, IWorkBoard board, IArtifactStore store, IPoolRegistry? pool = null, bool isAtHand = false)
{
    private const string Pool = WorkOffer.Pool;

    // With the rest of a lease it is to be little.
    private const int MostSelectionBytes = 8 << 10;

    // What a safetensors file says of itself may be longer than that of the parameters that it comes from.
    private const long MostHeaderBytes = 64 << 10;

    /// <summary>Gives a worker the oldest work that there is; waits for some if there is none and it wants to.</summary>
    /// <param name="name">Whose key it has.</param>
    /// <param name="request">What it says.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null if there is none.</returns>
    public async Task<TakenCohort?> LeaseAsync(string name, PoolRequest request, CancellationToken cancellationToken)
    {
        var leased = await desk.LeaseAsync(
            Pool, request.Process, request.Request, request.Can, TimeSpan.FromSeconds(request.WaitSeconds), () => SeeAsync(name, request.Process, request.Build, cancellationToken),
            cancellationToken);
        if (leased is not { Offer.Input: { } work })
            return null;
        var taken = new TakenCohort(leased.Id, leased.Seconds, WorkDesk.FederationOf(work), work.Phase, work.Cohort with { Deadline = null });
        return request.Protocol == 1 || isAtHand
            ? taken
            : taken with
            {
                Selection = work.Cohort.Selection.Length <= MostSelectionBytes ? Encoding.UTF8.GetString(await store.ReadAsync(work.Cohort.Selection, cancellationToken)) : null,
                Result = new CohortResult(await store.FindAsync(WorkResults.NameOf(work), cancellationToken)),
            };
    }

    /// <summary>Has a lease last anew; null if it is none any more, or nobody waits for the work.</summary>
    public async Task<RenewedLease?> RenewAsync(string name, string lease, CancellationToken cancellationToken)
    {
        if (await board.FindLeaseAsync(Pool, lease, cancellationToken) is { Process: var process })
            await SeeAsync(name, process, build: null, cancellationToken);
        return await desk.RenewAsync(Pool, lease, cancellationToken);
    }

    /// <summary>What leased work reads under a SHA-256; null if it is leased no longer, or reads nothing such.</summary>
    public async Task<ArtifactReference?> FindReadAsync(string lease, string sha256, CancellationToken cancellationToken)
    {
        if (await board.FindLeaseAsync(Pool, lease, cancellationToken) is not { Offer.Input: { } work })
            return null;
        var cohort = work.Cohort;
        ArtifactReference[] named = [cohort.Spec, cohort.Selection, cohort.Global];
        if (named.FirstOrDefault(artifact => artifact.Sha256 == sha256) is { } found)
            return found;
        var (clients, parts) = await store.ReadPartAsync(cohort.Selection, work.Phase, new SelectionRange(cohort.First, cohort.Count), cancellationToken);
        var plan = work.Phase.HasUpdates ? (await store.ReadJsonAsync<Selection>(cohort.Selection, cancellationToken)).Plan : null;
        IEnumerable<ArtifactReference?> ofClients = [.. parts, plan?.StrategyState, .. clients.Select(client => client.Data), .. clients.Select(client => client.State)];
        return ofClients.FirstOrDefault(artifact => artifact?.Sha256 == sha256);
    }

    /// <summary>The manifest of leased work; null if it is leased no longer.</summary>
    public async Task<CohortResult?> FindResultAsync(string lease, CancellationToken cancellationToken) =>
        await board.FindLeaseAsync(Pool, lease, cancellationToken) is { Offer.Input: { } work }
            ? new CohortResult(await store.FindAsync(WorkResults.NameOf(work), cancellationToken))
            : null;

    /// <summary>How many bytes any artifact of leased work can have at most; null if it is leased no longer.</summary>
    public async Task<long?> FindMostBytesAsync(string lease, CancellationToken cancellationToken) =>
        await board.FindLeaseAsync(Pool, lease, cancellationToken) is { Offer.Input: { } work } ? Math.Max(MostUpdateBytes(work), OutcomeCheck.MaxManifestBytes) : null;

    /// <summary>Writes an artifact of leased work; the first one that is written under a name counts.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="name">The artifact's name.</param>
    /// <param name="content">The content.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is there now; null if it is leased no longer.</returns>
    /// <exception cref="WorkRefusedException">It is none that the work leaves, is too long, or is no manifest of the work's clients.</exception>
    public async Task<ArtifactReference?> WriteAsync(string lease, string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (await board.FindLeaseAsync(Pool, lease, cancellationToken) is not { Offer.Input: { } work })
            return null;
        if (name == WorkResults.NameOf(work))
        {
            if (content.Length > OutcomeCheck.MaxManifestBytes || WorkResults.TryRead(content.Span, work) is null)
                throw new WorkRefusedException("the manifest is none of the clients whose work it is");
        }
        else if (!await IsOfClientAsync(work, name, cancellationToken))
        {
            throw new WorkRefusedException("name: expected one that the work leaves: its manifest, or what a client of it has trained or keeps");
        }
        else if (content.Length > MostUpdateBytes(work))
        {
            throw new WorkRefusedException(FormattableString.Invariant($"expected at most {MostUpdateBytes(work)} bytes, as the parameters that it comes from"));
        }

        return await store.PutAsync(name, content, cancellationToken);
    }

    /// <summary>Takes that work is done, whose manifest was written before.</summary>
    /// <returns>Whether it counts: not if the lease is none any more.</returns>
    /// <exception cref="WorkRefusedException">No manifest was written.</exception>
    public async Task<bool> CompleteAsync(string lease, CancellationToken cancellationToken)
    {
        if (await board.FindLeaseAsync(Pool, lease, cancellationToken) is not { } leased)
            return await board.CountsAsync(Pool, lease, cancellationToken);
        return await desk.EndAsync(
            leased,
            await WorkResults.FindAsync(store, leased.Offer.Input, cancellationToken) ?? throw new WorkRefusedException("the work's manifest is not written"),
            cancellationToken);
    }

    private Task SeeAsync(string name, string process, string? build, CancellationToken cancellationToken) =>
        pool?.SeeAsync(name, process, build, cancellationToken) ?? Task.CompletedTask;

    private static long MostUpdateBytes(OfferWorkInput work) => work.Cohort.Global.Length + MostHeaderBytes;

    private async Task<bool> IsOfClientAsync(OfferWorkInput work, string name, CancellationToken cancellationToken)
    {
        if (!work.Phase.HasUpdates)
            return false;
        var (id, cohort) = (WorkDesk.FederationOf(work), work.Cohort);
        var clients = await store.ReadSelectedAsync(cohort.Selection, work.Phase, new SelectionRange(cohort.First, cohort.Count), cancellationToken);
        return clients.Any(client => name == ArtifactNames.Update(id, cohort.Round, cohort.Attempt, client.Client)
            || name == ArtifactNames.UpdateState(id, cohort.Round, cohort.Attempt, client.Client));
    }
}
