using FlDurable.Shared.Work;

namespace FlDurable.Worker;

/// <summary>
/// A host as a worker of its pool sees it: every call is asked once. Where there is no answer, <see cref="NoAnswerException"/> says so, and it is asked again; where the lease is none any
/// more, <see cref="LeaseOverException"/>.
/// </summary>
public interface IPoolHost
{
    /// <summary>How often a lease is renewed, unless a third of it is less.</summary>
    TimeSpan RenewEvery { get; }

    /// <summary>Takes work.</summary>
    /// <returns>Null if there is none.</returns>
    Task<TakenCohort?> LeaseAsync(PoolRequest request, CancellationToken cancellationToken);

    /// <summary>Has a lease last anew.</summary>
    Task<RenewedLease> RenewAsync(string lease, long batches, CancellationToken cancellationToken);

    /// <summary>Says that the work is done: its manifest is written.</summary>
    Task CompleteAsync(string lease, CancellationToken cancellationToken);

    /// <summary>Says that nothing comes of it.</summary>
    Task FailAsync(string lease, WorkFailureReport report, CancellationToken cancellationToken);

    /// <summary>Gives it back; whether that counts as one of its deliveries is said too.</summary>
    Task GiveBackAsync(string lease, bool isDelivery, CancellationToken cancellationToken);
}
