using FlDurable.Shared.Contracts;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Work;

/// <summary>
/// How a worker of the pool and a host speak with each other over HTTP (docs/worker-pool.md). What is said of a lease is said as in <see cref="WorkProtocol"/>: a worker of
/// the pool has no data, and so reads and writes artifacts of the host besides, those that its lease names.
/// </summary>
public static class PoolProtocol
{
    /// <summary>What a key of the pool begins with: the rest is the name of those who have it, an underscore and the secret.</summary>
    public const string KeyPrefix = "pool_";

    /// <summary>Below the API's root: everything that workers of the pool call, and its keys.</summary>
    public const string Root = "pool";

    /// <summary>Below <see cref="Root"/>: the keys, for whoever has the host's.</summary>
    public const string Keys = "keys";

    /// <summary>Below a lease: what is read, by its SHA-256, and what is written.</summary>
    public const string Artifacts = "artifacts";

    /// <summary>The header by which the last part of an artifact that is sent says its name: once it has come as a whole it is written, without another call.</summary>
    public const string ArtifactHeader = "FlDurable-Artifact";

    /// <summary>The header by which it says besides, with any value, that the work is done with it: that it is the manifest.</summary>
    public const string CompletesHeader = "FlDurable-Completes";

    /// <summary>Below a lease: what came of the work, once it is written.</summary>
    public const string Result = "result";
}

/// <summary>Asks for work of the pool.</summary>
/// <param name="Protocol">The worker's <see cref="WorkProtocol.Version"/>.</param>
/// <param name="Process">An id of the worker's process, made when it started.</param>
/// <param name="Build">The worker's build, for whoever looks at the list of workers.</param>
/// <param name="WaitSeconds">How long to wait for work before there is said to be none.</param>
/// <param name="Request">As of <see cref="LeaseRequest"/>.</param>
/// <param name="Can">Likewise.</param>
public sealed record PoolRequest(int Protocol, string Process, string Build, int WaitSeconds = 0, string? Request = null, WorkerCapabilities? Can = null);

/// <summary>Work that a worker of the pool has taken.</summary>
/// <param name="Lease">The lease's id: what the work is read, renewed, completed, failed and given back by.</param>
/// <param name="Seconds">How long it lasts, unless it is renewed.</param>
/// <param name="Federation">Whose work it is.</param>
/// <param name="Phase">Training or evaluating.</param>
/// <param name="Cohort">
/// The work: of which round and attempt, of which clients, what to start from, and where they are named. Without its deadline, which is the host's to watch: a worker's clock
/// may be wrong.
/// </param>
public sealed record TakenCohort(string Lease, int Seconds, string Federation, RoundPhase Phase, CohortInput Cohort)
{
    /// <summary>The selection that the cohort names, where that is short; null where it is not, and for workers of protocol 1.</summary>
    public string? Selection { get; init; }

    /// <summary>What came of the work so far; null for workers of protocol 1.</summary>
    public CohortResult? Result { get; init; }
}

/// <summary>Has an artifact written that was sent before.</summary>
/// <param name="Name">Its name: one that the lease's work writes.</param>
/// <param name="Sha256">The SHA-256 of what was sent.</param>
public sealed record ArtifactToWrite(string Name, string Sha256);

/// <summary>What came of work so far.</summary>
/// <param name="Written">The manifest of the cohort; null while none is written.</param>
public sealed record CohortResult(ArtifactReference? Written);

/// <summary>Gives work back.</summary>
/// <param name="IsDelivery">Whether it failed here, which counts as a delivery, or was only not finished.</param>
public sealed record PoolReturn(bool IsDelivery = false);
