using System.Text.Json.Serialization;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using Microsoft.AspNetCore.Http;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Api;

/// <summary>A federation in a list.</summary>
public record FederationSummary
{
    // Before what FederationDetails adds.
    private const int First = -1;

    /// <summary>Its id.</summary>
    [JsonPropertyOrder(First)]
    public required string Id { get; init; }

    /// <summary>Its state; pending until its data is read and partitioned, which its progress tells of.</summary>
    [JsonPropertyOrder(First)]
    public required OrchestrationRuntimeStatus Status { get; init; }

    /// <summary>When it was started.</summary>
    [JsonPropertyOrder(First)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its state last changed.</summary>
    [JsonPropertyOrder(First)]
    public required DateTimeOffset LastUpdatedAt { get; init; }

    /// <summary>How far it is; absent until it has begun.</summary>
    [JsonPropertyOrder(First)]
    public FederationProgress? Progress { get; init; }

    /// <summary>Why it failed or was terminated.</summary>
    [JsonPropertyOrder(First)]
    public string? Failure { get; init; }

    /// <summary>
    /// What the server can't do for it now and tries again, such as to write to a disk that is full; of a single federation also which work waits that nobody who asks for work can do. Absent when there
    /// is nothing.
    /// </summary>
    [JsonPropertyOrder(First)]
    public string? Waiting { get; init; }
}

/// <summary>A page of federations, oldest first, or newest.</summary>
/// <param name="Federations">The federations.</param>
/// <param name="ContinuationToken">What to ask with for the next page; absent on the last.</param>
public sealed record FederationList(IReadOnlyList<FederationSummary> Federations, string? ContinuationToken = null);

/// <summary>All that is known of a federation.</summary>
public sealed record FederationDetails : FederationSummary, IHasPaths<FederationDetails>
{
    /// <summary>What was asked for, with every default; absent while the federation is being purged.</summary>
    public FederationSpec? Spec { get; init; }

    /// <summary>The training engine; absent while the data is to decide it.</summary>
    public string? Engine { get; init; }

    /// <summary>Every client that was missing in the last attempt at the round that it failed of; absent unless updates were missing.</summary>
    public IReadOnlyList<ClientFailure>? MissingClients { get; init; }

    /// <summary>What it had failed of before it was retried, oldest first; absent if it never was.</summary>
    public IReadOnlyList<PastFailure>? PastFailures { get; init; }

    /// <summary>The data that it learns from.</summary>
    public DatasetReference? Dataset { get; init; }

    /// <summary>The round that is not recorded yet; absent when there is none.</summary>
    public RoundInProgress? InProgress { get; init; }

    /// <summary>The newest recorded rounds, oldest first; round 0 is the state before training.</summary>
    public required IReadOnlyList<RoundSummary> Rounds { get; init; }

    /// <summary>What of it was found to be damaged, for a person; absent when nothing was.</summary>
    public IReadOnlyList<string>? Damage { get; init; }

    /// <summary>The final parameters; absent unless it is completed.</summary>
    public ModelSummary? Model { get; init; }

    /// <summary>The best round's parameters so far; absent unless the spec's <c>keepBest</c> asks for them.</summary>
    public BestSummary? Best { get; init; }

    FederationDetails IHasPaths<FederationDetails>.Below(PathString prefix) => this with
    {
        Rounds = [.. Rounds.Select(round => round.Below(prefix))],
        Model = Model is { } model ? model with { Href = prefix.ToUriComponent() + model.Href } : null,
        Best = Best is { } best ? best with { Href = prefix.ToUriComponent() + best.Href } : null,
    };
}

/// <summary>How a federation's data is divided among its clients.</summary>
/// <param name="Classes">The classes' names.</param>
/// <param name="ClientCount">How many clients there are.</param>
/// <param name="Clients">The first of them, at most 1,000.</param>
public sealed record DataDivision(IReadOnlyList<string> Classes, int ClientCount, IReadOnlyList<ClientData> Clients)
{
    private const int MostClients = 1_000;

    /// <summary>The columns of a table that examples have been standardised by; absent of images.</summary>
    public IReadOnlyList<TableColumn>? Columns { get; init; }

    internal static async Task<DataDivision> ReadAsync(IArtifactStore store, ArtifactReference reference, CancellationToken cancellationToken)
    {
        var manifest = await store.ReadJsonAsync<DatasetManifest>(reference, cancellationToken);
        var clients = await store.ReadClientsAsync(manifest, cancellationToken).Take(MostClients)
            .Select((client, index) => new ClientData(client.Client, client.TrainExamples, client.ValidationExamples, manifest.LabelCounts?[index]))
            .ToListAsync(cancellationToken);
        return new DataDivision(manifest.Classes, manifest.ClientCount, clients) { Columns = manifest.Columns };
    }
}

/// <summary>A client's data.</summary>
/// <param name="Client">The client.</param>
/// <param name="TrainExamples">How many images it trains on.</param>
/// <param name="ValidationExamples">How many it validates on.</param>
/// <param name="ByClass">How many of both are of each class, in the classes' order; absent where the host doesn't know.</param>
public sealed record ClientData(string Client, int TrainExamples, int ValidationExamples, IReadOnlyList<int>? ByClass = null);

/// <summary>A page of a federation's recorded rounds.</summary>
/// <param name="Rounds">The rounds.</param>
/// <param name="ContinuationToken">What to ask with for the next page; absent where that would be empty now.</param>
/// <param name="Damage">Which of the page's records were found to be damaged, for a person; absent when none was.</param>
public sealed record RoundList(IReadOnlyList<RoundSummary> Rounds, string? ContinuationToken = null, IReadOnlyList<string>? Damage = null) : IHasPaths<RoundList>
{
    RoundList IHasPaths<RoundList>.Below(PathString prefix) => this with { Rounds = [.. Rounds.Select(round => round.Below(prefix))] };
}

/// <summary>A recorded round in brief; the fields are those of <see cref="RoundRecord"/>.</summary>
public sealed record RoundSummary
{
    /// <summary>The round; 0 is the state before training.</summary>
    public required int Round { get; init; }

    /// <summary>The training loss.</summary>
    public double? FitLoss { get; init; }

    /// <summary>The training accuracy.</summary>
    public double? FitAccuracy { get; init; }

    /// <summary>The loss on the clients' validation examples.</summary>
    public double? EvaluateLoss { get; init; }

    /// <summary>The accuracy on them.</summary>
    public double? EvaluateAccuracy { get; init; }

    /// <summary>The loss on the central test set.</summary>
    public double? CentralLoss { get; init; }

    /// <summary>The accuracy on it.</summary>
    public double? CentralAccuracy { get; init; }

    /// <summary>The share of its images of other classes that a backdoor's trigger has taken for its own; absent unless the spec's <c>attack</c> is one.</summary>
    public double? BackdoorSuccess { get; init; }

    /// <summary>What was measured besides, as the record has it: keyed <c>central.{name}</c>, <c>evaluate.{name}</c> and <c>fit.{name}</c>; absent if nothing was.</summary>
    public IReadOnlyDictionary<string, double>? Additional { get; init; }

    /// <summary>How long the round took.</summary>
    public required double Seconds { get; init; }

    /// <summary>The SHA-256 of the global parameters after the round.</summary>
    public required string ParametersSha256 { get; init; }

    /// <summary>How many clients trained or evaluated.</summary>
    public required int ParticipantCount { get; init; }

    /// <summary>How many failures of clients there were: of one that is missing from training and from evaluation, two.</summary>
    public required int FailureCount { get; init; }

    /// <summary>How many clients were selected and are missing from training, from evaluation or from both, each counted once; one that trained and is missing from evaluation is also a participant.</summary>
    public int MissingCount { get; init; }

    /// <summary>
    /// How many bytes of parameters the clients read that trained, that evaluated, or both, which is twice; absent where the record does not tell. What others had read that are missing is not among
    /// them.
    /// </summary>
    public long? BytesToClients { get; init; }

    /// <summary>How many bytes the updates have that they sent; absent where the record does not tell, or nobody trained.</summary>
    public long? BytesFromClients { get; init; }

    /// <summary>What is kept of the clients' privacy by its end; absent unless the spec asks for any.</summary>
    public RoundPrivacy? Privacy { get; init; }

    /// <summary>What somebody should know of the round besides; absent if there is nothing.</summary>
    public IReadOnlyList<string>? Events { get; init; }

    /// <summary>Where the round's record is, with every client.</summary>
    public required string Href { get; init; }

    internal static RoundSummary Of(RoundRecord record, string href)
    {
        var counts = record.Count();
        return new RoundSummary
        {
            Href = href,
            Round = record.Round,
            FitLoss = record.FitLoss,
            FitAccuracy = record.FitAccuracy,
            EvaluateLoss = record.EvaluateLoss,
            EvaluateAccuracy = record.EvaluateAccuracy,
            CentralLoss = record.CentralLoss,
            CentralAccuracy = record.CentralAccuracy,
            BackdoorSuccess = record.ToMetrics().Central?.FindBackdoorSuccess(),
            Additional = record.Additional is { Count: > 0 } additional ? additional : null,
            Seconds = record.Seconds,
            ParametersSha256 = record.ParametersSha256,
            ParticipantCount = counts.Participants,
            FailureCount = counts.Failures,
            MissingCount = counts.Missing,
            BytesToClients = record.ParametersBytes * ((long)counts.Trained + counts.Evaluated),
            BytesFromClients = counts.UpdateBytes,
            Privacy = record.Privacy,
            Events = record.Events,
        };
    }

    internal RoundSummary Below(PathString prefix) => this with { Href = prefix.ToUriComponent() + Href };
}

/// <summary>The best round's parameters, which can be downloaded.</summary>
/// <param name="Metric">The measure by which they are the best.</param>
/// <param name="Round">The round.</param>
/// <param name="Value">What was measured in it.</param>
/// <param name="Href">Where they are.</param>
public sealed record BestSummary(string Metric, int Round, double Value, string Href);

/// <summary>Parameters that can be downloaded.</summary>
/// <param name="Href">Where.</param>
/// <param name="Length">How many bytes.</param>
/// <param name="Sha256">Their SHA-256, which is also their entity tag.</param>
public sealed record ModelSummary(string Href, long Length, string Sha256);
