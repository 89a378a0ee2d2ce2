using System.Text.Json.Serialization;
using FlDurable.Shared.Datasets;

namespace FlDurable.Shared.Contracts;

/// <summary>
/// How activities' messages and the manifests that they name are written and read, generated when this is built, since reflecting on them
/// is what a short run waits for most (docs/lanes.md, "A whole run"). What is not named here is reflected on, with the same result.
/// </summary>
[JsonSerializable(typeof(FederationInput))]
[JsonSerializable(typeof(SelectClientsInput))]
[JsonSerializable(typeof(SelectClientsResult))]
[JsonSerializable(typeof(CohortInput))]
[JsonSerializable(typeof(CohortResult))]
[JsonSerializable(typeof(AggregateLeafInput))]
[JsonSerializable(typeof(MergeSubtreesInput))]
[JsonSerializable(typeof(SubtreeResult))]
[JsonSerializable(typeof(AggregateUpdatesInput))]
[JsonSerializable(typeof(EvaluateGlobalInput))]
[JsonSerializable(typeof(RecordRoundInput))]
[JsonSerializable(typeof(RecordRoundResult))]
[JsonSerializable(typeof(CleanUpRoundInput))]
[JsonSerializable(typeof(CompleteFederationInput))]
[JsonSerializable(typeof(FederationState))]
[JsonSerializable(typeof(FederationProgress))]
[JsonSerializable(typeof(RoundInput))]
[JsonSerializable(typeof(RoundOutcome))]
[JsonSerializable(typeof(LeafInput))]
[JsonSerializable(typeof(Selection))]
[JsonSerializable(typeof(SelectedClients))]
[JsonSerializable(typeof(CohortManifest))]
[JsonSerializable(typeof(DatasetManifest))]
[JsonSerializable(typeof(RoundRecord))]
[JsonSerializable(typeof(FederationResult))]
internal sealed partial class MessageJson : JsonSerializerContext;
