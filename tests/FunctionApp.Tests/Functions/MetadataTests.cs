using System.Text.Json.Nodes;
using FlDurable.FunctionApp.Tests.OnAHub;

namespace FlDurable.FunctionApp.Tests.Functions;

/// <summary>What the build tells the Functions host of the app's functions: it calls no others, and these only so.</summary>
public sealed class MetadataTests
{
    private static readonly JsonArray Metadata =
        JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "functions.metadata")))!.AsArray();

    [Fact]
    public void Every_function_is_told_with_its_trigger() => Assert.Equal(
        [
            "AggregateLeaf activityTrigger",
            "AggregateUpdates activityTrigger",
            "BeginNotification activityTrigger",
            "BranchFederation httpTrigger function post federations/{id}/branch",
            "CleanUpRound activityTrigger",
            "CompleteFederation activityTrigger",
            "EvaluateClient activityTrigger",
            "EvaluateGlobal activityTrigger",
            "FederationOrchestrator orchestrationTrigger",
            "FindOutliers activityTrigger",
            "FindRound activityTrigger",
            "GetClients httpTrigger function get federations/{id}/clients",
            "GetDashboard httpTrigger anonymous get dashboard",
            "GetDivision httpTrigger function get federations/{id}/division",
            "GetDocument httpTrigger anonymous get openapi.json",
            "GetFederation httpTrigger function get federations/{id}",
            "GetModel httpTrigger function get,head federations/{id}/model",
            "GetPage httpTrigger anonymous get docs",
            "GetRound httpTrigger function get federations/{id}/rounds/{round}",
            "GetRoundModel httpTrigger function get,head federations/{id}/rounds/{round}/model",
            "GetRoundPart httpTrigger function get federations/{id}/rounds/{round}/parts/{part}",
            "InitializeModel activityTrigger",
            "LeafOrchestrator orchestrationTrigger",
            "ListDatasets httpTrigger function get datasets",
            "ListFederations httpTrigger function get federations",
            "ListRounds httpTrigger function get federations/{id}/rounds",
            "LookAtWork activityTrigger",
            "MergeSubtrees activityTrigger",
            "NotificationOrchestrator orchestrationTrigger",
            "OfferWork activityTrigger",
            "PrepareDataset activityTrigger",
            "PurgeFederation httpTrigger function delete federations/{id}",
            "PurgeFederations httpTrigger function delete federations",
            "RecordRound activityTrigger",
            "RemoveDatasets httpTrigger function delete datasets",
            "ResumeFederation httpTrigger function post federations/{id}/resume",
            "RetryFederation httpTrigger function post federations/{id}/retry",
            "RoundOrchestrator orchestrationTrigger",
            "SelectClients activityTrigger",
            "SendNotification activityTrigger",
            "StartFederation httpTrigger function post federations",
            "SuspendFederation httpTrigger function post federations/{id}/suspend",
            "TellWork queueTrigger",
            "TerminateFederation httpTrigger function post federations/{id}/terminate",
            "TrainClient activityTrigger",
            "WithdrawWork activityTrigger",
        ],
        Metadata.Select(function => $"{function!["name"]} {Trigger(function)}").Order(StringComparer.Ordinal));

    [Fact]
    public void No_function_of_the_code_is_missing() => Assert.Equal(
        FunctionMethod.OfTheApp.Select(function => function.Name).Order(StringComparer.Ordinal),
        Metadata.Select(function => (string?)function!["name"]).Order(StringComparer.Ordinal));

    [Fact]
    public void Every_call_over_HTTP_that_needs_instances_has_a_durable_client_and_so_has_what_tells_how_far_it_is() => Assert.Equal(
        Metadata.Where(function => Trigger(function!).Contains("httpTrigger function", StringComparison.Ordinal) && !Trigger(function!).EndsWith(" datasets", StringComparison.Ordinal)).Select(function => (string?)function!["name"])
            .Concat(["BeginNotification", "PrepareDataset", "TellWork"]).Order(StringComparer.Ordinal),
        Metadata.Where(function => Bindings(function!).Any(binding => (string?)binding["type"] == "durableClient")).Select(function => (string?)function!["name"]).Order(StringComparer.Ordinal));

    private static string Trigger(JsonNode function)
    {
        var trigger = Bindings(function).Single(binding => ((string)binding["type"]!).EndsWith("Trigger", StringComparison.Ordinal));
        var type = (string)trigger["type"]!;
        return type != "httpTrigger"
            ? type
            : $"{type} {((string)trigger["authLevel"]!).ToLowerInvariant()} {string.Join(',', trigger["methods"]!.AsArray())} {trigger["route"]}";
    }

    private static IEnumerable<JsonNode> Bindings(JsonNode function) => function["bindings"]!.AsArray().Select(binding => binding!);
}
