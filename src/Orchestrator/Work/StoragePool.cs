using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.Orchestrator.Work;

/// <summary>The desks of a worker that has access to its host's storage: it serves itself. Who may is the storage's to say, and there are no keys.</summary>
public sealed class StoragePool
{
    // Nobody rings for it: who has just done work soon looks for more, and who has long waited looks seldom.
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);

    private readonly WorkDesk desk;
    private readonly PoolDesk pool;

    /// <summary>Makes them.</summary>
    /// <param name="store">The artifacts.</param>
    /// <param name="board">The board, whose messages tell the instances that wait.</param>
    /// <param name="networks">The networks that there are.</param>
    /// <param name="time">The clock.</param>
    public StoragePool(IArtifactStore store, IWorkBoard board, NetworkRegistry networks, TimeProvider time)
    {
        desk = new WorkDesk(store, board, networks, new WorkBell(), time, NullLogger<WorkDesk>.Instance) { FirstLook = FirstLook };
        pool = new PoolDesk(desk, board, store, isAtHand: true);
    }

    /// <summary>Takes the oldest work that there is; waits for some if there is none.</summary>
    /// <param name="request">What the worker says. It has whatever it takes: no answer can be lost on the way.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Null if there is none.</returns>
    public Task<TakenCohort?> LeaseAsync(PoolRequest request, CancellationToken cancellationToken) => pool.LeaseAsync(WorkOffer.Pool, request with { Request = null }, cancellationToken);

    /// <inheritdoc cref="WorkDesk.RenewAsync"/>
    public Task<RenewedLease?> RenewAsync(string lease, CancellationToken cancellationToken) => desk.RenewAsync(WorkOffer.Pool, lease, cancellationToken);

    /// <inheritdoc cref="PoolDesk.CompleteAsync"/>
    public Task<bool> CompleteAsync(string lease, CancellationToken cancellationToken) => pool.CompleteAsync(lease, cancellationToken);

    /// <inheritdoc cref="WorkDesk.FailAsync"/>
    public async Task<bool> FailAsync(string lease, WorkFailureReport report, CancellationToken cancellationToken) =>
        await desk.FailAsync(WorkOffer.Pool, lease, report, cancellationToken) || await desk.CountsAsync(WorkOffer.Pool, lease, cancellationToken);

    /// <inheritdoc cref="WorkDesk.GiveBackAsync(string, string, bool, CancellationToken)"/>
    public Task<bool> GiveBackAsync(string lease, bool isDelivery, CancellationToken cancellationToken) =>
        desk.GiveBackAsync(WorkOffer.Pool, lease, isDelivery, cancellationToken);
}
