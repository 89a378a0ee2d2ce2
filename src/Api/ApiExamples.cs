using System.Text.Json;
using System.Text.Json.Nodes;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;

namespace FlDurable.Api;

/// <summary>What the document shows as an example: requests that can be sent as they are, and what they are answered.</summary>
internal static class ApiExamples
{
    /// <summary>A federation's id.</summary>
    public const string Id = "first";

    /// <summary>A digest.</summary>
    public const string Sha256 = "3f2b9c6d1e8a4f70b5c2d9e6a1f8b3c4d7e0a9f2b5c8d1e4f7a0b3c6d9e2f5a8";

    private static readonly DateTimeOffset Began = new(2026, 1, 31, 12, 0, 0, TimeSpan.Zero);
    private static readonly FederationProgress Progress = new(1, 3, new RoundMetrics(new Metrics(1.9, 0.31), new Metrics(1.7, 0.38), new Metrics(1.8, 0.36)));

    /// <summary>A start.</summary>
    public static JsonNode Start => new JsonObject { ["id"] = Id, ["data"] = "synthetic:train=2000,test=400", ["clients"] = 10, ["rounds"] = 3 };

    /// <summary>A branch.</summary>
    public static JsonNode Branch => new JsonObject { ["id"] = "second", ["round"] = 1, ["learningRate"] = 0.0005 };

    /// <summary>An answer of a kind.</summary>
    public static JsonNode Answer(Type type) => JsonSerializer.SerializeToNode(Answers[type], type, ContractJson.Options)!;

    private static Dictionary<Type, object> Answers { get; } = new object[]
    {
        Federation,
        new FederationList([Federation]),
        new FederationDetails
        {
            Id = Federation.Id,
            Status = Federation.Status,
            CreatedAt = Federation.CreatedAt,
            LastUpdatedAt = Federation.LastUpdatedAt,
            Progress = Federation.Progress,
            Engine = "lanes",
            Rounds = [Round],
        },
        new PurgedFederations([Id], More: false),
        new DataDivision(["cat", "dog"], 1, [new ClientData("client-0", 180, 20, [120, 80])]),
        new ClientHistories(1, 2, 10, [new ClientHistory("client-0", [1], [0.84], [1], [2])]),
        new DatasetList([new KeptDataset(Sha256, 6_146_000, Federations: 2)]),
        new RemovedDatasets([Sha256], 6_146_000),
        new RoundList([Round], ContinuationToken: "2"),
        new RoundRecord
        {
            Round = Round.Round,
            FitLoss = Round.FitLoss,
            FitAccuracy = Round.FitAccuracy,
            Seconds = Round.Seconds,
            ParametersSha256 = Sha256,
            ParametersBytes = 248_952,
            Engine = "lanes",
            DatasetDigest = Sha256,
            Participants = Clients.Participants,
            Failures = Clients.Failures,
        },
        Clients,
    }.ToDictionary(answer => answer.GetType());

    private static RoundClients Clients => new(
        [new RoundParticipant { Client = "client-0", Examples = 180, UpdateNorm = 1.2, UpdateBytes = 248_952, FitLoss = 1.9, FitAccuracy = 0.31, Seconds = 0.84, Trained = new TimeInRound([0, 0.84]) }],
        [new ClientFailure("client-1", Activities.TrainClient.Name, "its worker has gone")]);

    private static FederationSummary Federation => new()
    {
        Id = Id,
        Status = OrchestrationRuntimeStatus.Running,
        CreatedAt = Began,
        LastUpdatedAt = Began.AddSeconds(5),
        Progress = Progress,
    };

    private static RoundSummary Round => new()
    {
        Round = 1,
        FitLoss = 1.9,
        FitAccuracy = 0.31,
        Seconds = 1.5,
        ParametersSha256 = Sha256,
        ParticipantCount = 1,
        FailureCount = 1,
        MissingCount = 1,
        BytesToClients = 248_952,
        BytesFromClients = 248_952,
        Href = $"/api/federations/{Id}/rounds/1",
    };
}
