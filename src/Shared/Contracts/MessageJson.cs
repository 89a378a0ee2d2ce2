using System.Text.Json.Serialization;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;

[assembly: ContractShapes(typeof(MessageJson))]

namespace FlDurable.Shared.Contracts;

/// <summary>
/// How what travels and what it refers to is written and read, generated when this is built: reflecting on every type, once a process, is
/// time that a short run waits for. What is not named here, a spec for its preset values first of all and what has one in it, is reflected
/// on, with the same result but for the words of an error.
/// </summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(FederationInput))]
[JsonSerializable(typeof(SelectClientsInput))]
[JsonSerializable(typeof(SelectClientsResult))]
[JsonSerializable(typeof(CohortInput))]
[JsonSerializable(typeof(AggregateLeafInput))]
[JsonSerializable(typeof(MergeSubtreesInput))]
[JsonSerializable(typeof(PartResult))]
[JsonSerializable(typeof(AggregateUpdatesInput))]
[JsonSerializable(typeof(AggregateUpdatesResult))]
[JsonSerializable(typeof(FindOutliersInput))]
[JsonSerializable(typeof(FindOutliersResult))]
[JsonSerializable(typeof(EvaluateGlobalInput))]
[JsonSerializable(typeof(EvaluateGlobalResult))]
[JsonSerializable(typeof(RecordRoundInput))]
[JsonSerializable(typeof(RecordRoundResult))]
[JsonSerializable(typeof(FindRoundInput))]
[JsonSerializable(typeof(FindRoundResult))]
[JsonSerializable(typeof(CleanUpRoundInput))]
[JsonSerializable(typeof(CompleteFederationInput))]
[JsonSerializable(typeof(FederationState))]
[JsonSerializable(typeof(FederationProgress))]
[JsonSerializable(typeof(RoundInput))]
[JsonSerializable(typeof(RoundProgress))]
[JsonSerializable(typeof(RoundOutcome))]
[JsonSerializable(typeof(LeafInput))]
[JsonSerializable(typeof(Selection))]
[JsonSerializable(typeof(SelectedClients))]
[JsonSerializable(typeof(PartOutcomes))]
[JsonSerializable(typeof(DatasetManifest))]
[JsonSerializable(typeof(ManifestClientList))]
[JsonSerializable(typeof(RoundRecord))]
[JsonSerializable(typeof(RoundClients))]
internal sealed partial class MessageJson : JsonSerializerContext;
