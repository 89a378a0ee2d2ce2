using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Work;

/// <summary>How a worker and a host speak with each other over HTTP (docs/sites.md).</summary>
public static class WorkProtocol
{
    /// <summary>The version that this build speaks. A host serves older ones by what they send; a worker says its own.</summary>
    public const int Version = 2;

    /// <summary>How often a worker renews a lease, unless a third of it is less: that it lives is then known within seconds.</summary>
    public static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(1.5);

    /// <summary>What a worker's key begins with: the rest is the site's name, an underscore and the secret.</summary>
    public const string KeyPrefix = "site_";

    /// <summary>The scheme of the header in which the key travels.</summary>
    public const string Scheme = "Bearer";

    /// <summary>Below the API's root: everything that workers call.</summary>
    public const string Root = "work";

    /// <summary>Below <see cref="Root"/>: what a site has.</summary>
    public const string Enrolment = "enrolment";

    /// <summary>Below <see cref="Root"/>: work that was taken.</summary>
    public const string Leases = "leases";

    /// <summary>Below a lease: the <see cref="WorkOrder"/>.</summary>
    public const string Order = "order";

    /// <summary>Below a lease: the global parameters that the order names.</summary>
    public const string Parameters = "parameters";

    /// <summary>Below a lease: the update, by its SHA-256.</summary>
    public const string Updates = "updates";

    /// <summary>
    /// The header by which the last part of an update brings the <see cref="WorkReport"/> with it, as JSON in Base64: once the update has come as a whole the work is completed, without another call.
    /// </summary>
    public const string ReportHeader = "FlDurable-Report";

    /// <summary>Below a lease: says that the worker goes on.</summary>
    public const string Renewals = "renewals";

    /// <summary>Below a lease: says what came of it.</summary>
    public const string Completion = "completion";

    /// <summary>Below a lease: says why nothing comes of it.</summary>
    public const string Failure = "failure";

    /// <summary>Below a lease: gives the work back, for another worker or a later start of this one.</summary>
    public const string Return = "return";
}

/// <summary>What a site has, and shares of it: never an image.</summary>
/// <param name="Protocol">The worker's <see cref="WorkProtocol.Version"/>.</param>
/// <param name="Process">An id of the worker's process, made when it started.</param>
/// <param name="Build">The worker's build, for whoever looks at the list of sites.</param>
/// <param name="Shape">The shape of an image.</param>
/// <param name="Classes">The classes' names; a label is an index of these.</param>
/// <param name="TrainExamples">Examples to train on.</param>
/// <param name="ValidationExamples">Examples to evaluate on.</param>
/// <param name="Digest">
/// Stands for the data: 64 hexadecimal digits that change when it does, made with a secret of the site, so that nobody else can tell by it what
/// the data is.
/// </param>
/// <param name="ClassCounts">Examples to train on by class; null where the site does not share them.</param>
public sealed record Enrolment(
    int Protocol, string Process, string Build, ImageShape Shape, IReadOnlyList<string> Classes, int TrainExamples, int ValidationExamples, string Digest,
    IReadOnlyList<int>? ClassCounts = null)
{
    /// <summary>Stands for the names and the order of a table's columns: all sites must have the same. Null for images.</summary>
    public string? Columns { get; init; }

    /// <summary>How many records were left out because they can't be read; null for none. They are in none of the numbers above.</summary>
    public int? LeftOut { get; init; }
}

/// <summary>Asks for work.</summary>
/// <param name="Protocol">The worker's <see cref="WorkProtocol.Version"/>.</param>
/// <param name="Process">An id of the worker's process, made when it started.</param>
/// <param name="WaitSeconds">How long to wait for work before there is said to be none.</param>
/// <param name="Request">
/// 32 hexadecimal digits that stay the same until an answer has come: whoever asks again with them, because the answer was lost, has the lease that it was given. Null: each request is another.
/// </param>
/// <param name="Can">What the worker can do; null of a release that does not say, which is given whatever there is.</param>
public sealed record LeaseRequest(int Protocol, string Process, int WaitSeconds = 0, string? Request = null, WorkerCapabilities? Can = null);

/// <summary>Work that a worker has taken.</summary>
/// <param name="Lease">The lease's id: what the work is read, renewed, completed, failed and given back by.</param>
/// <param name="Seconds">How long it lasts, unless it is renewed; no instant, since a site's clock may be wrong.</param>
/// <param name="Federation">Whose work it is.</param>
/// <param name="Round">Of which round.</param>
/// <param name="Attempt">Of which attempt at it.</param>
/// <param name="Phase">Training or evaluating.</param>
public sealed record TakenWork(string Lease, int Seconds, string Federation, int Round, int Attempt, RoundPhase Phase)
{
    /// <summary>What the work needs; null for workers of protocol 1, which ask for it.</summary>
    public WorkOrder? Order { get; init; }
}

/// <summary>Everything that a piece of work needs but its parameters and its data.</summary>
/// <param name="Spec">What of the federation's spec concerns the worker.</param>
/// <param name="Round">The round.</param>
/// <param name="Attempt">Which attempt at it.</param>
/// <param name="Phase">Training or evaluating.</param>
/// <param name="Client">The client whose work it is; its data stands for what the site had when the federation began.</param>
/// <param name="Global">The global parameters.</param>
/// <param name="Plan">What the strategy asks of those that train; null for nothing.</param>
public sealed record WorkOrder(
    ResolvedSpec Spec, int Round, int Attempt, RoundPhase Phase, ClientPartition Client, ArtifactReference Global, ClientPlan? Plan = null);

/// <summary>Says that a worker goes on.</summary>
/// <param name="Batches">How many batches it has computed so far: a worker that hangs does not get on.</param>
public sealed record LeaseRenewal(long Batches);

/// <summary>How long a lease lasts from now on.</summary>
/// <param name="Seconds">Seconds.</param>
public sealed record RenewedLease(int Seconds);

/// <summary>What came of a piece of work.</summary>
/// <param name="Examples">How many examples were used.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Metrics">What was measured.</param>
/// <param name="UpdateSha256">Of training: the SHA-256 of the update that was sent before.</param>
/// <param name="Steps">The optimizer's steps, where the plan asks for them.</param>
/// <param name="InitialLoss">The loss before training, where the plan asks for it.</param>
public sealed record WorkReport(
    int Examples, double Seconds, Metrics Metrics, string? UpdateSha256 = null, int? Steps = null, double? InitialLoss = null);

/// <summary>Why nothing comes of a piece of work.</summary>
/// <param name="Code">One of <see cref="WorkFailures.Codes"/>: no words of a site leave it, since they could tell of its data.</param>
/// <param name="Number">A number that goes with it; null for none.</param>
public sealed record WorkFailureReport(string Code, long? Number = null);

/// <summary>Which update a host has.</summary>
/// <param name="Received">How many of its bytes have come.</param>
/// <param name="Written">What was written of it, where the last part said that it is an artifact of the pool's work.</param>
/// <param name="Counts">Whether the work is completed by it, where the last part said so; null where it did not.</param>
public sealed record ReceivedUpdate(long Received, ArtifactReference? Written = null, bool? Counts = null);
