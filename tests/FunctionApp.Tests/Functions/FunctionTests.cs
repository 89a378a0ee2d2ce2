using System.Reflection;
using System.Text.Json.Nodes;
using FlDurable.Api;
using FlDurable.ClientActivities;
using FlDurable.FunctionApp.Hosting;
using FlDurable.LanesEngine;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Selecting;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace FlDurable.FunctionApp.Tests.Functions;

public sealed class FunctionTests
{
    private static readonly IReadOnlyList<MethodInfo> Functions =
    [
        .. from type in typeof(Program).Assembly.GetTypes()
           from method in type.GetMethods()
           where method.IsDefined(typeof(FunctionAttribute))
           select method,
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_activity_is_a_function_of_its_name_with_its_types()
    {
        var declared = Descriptors(typeof(Activities), typeof(ActivityDescriptor<,>)).Concat(Descriptors(typeof(WorkActivities), typeof(ActivityDescriptor<,>)));
        var functions = TriggeredBy<ActivityTriggerAttribute>().Select(function => (Name(function.Method), function.Parameter.ParameterType, Result(function.Method)));
        Assert.Equal(declared.Order(), functions.Order());
    }

    [Fact]
    public void Every_orchestrator_is_a_function_of_its_name_with_its_output()
    {
        var declared = Descriptors(typeof(Orchestrations), typeof(OrchestratorDescriptor<,>));
        var functions = TriggeredBy<OrchestrationTriggerAttribute>().ToList();
        Assert.Equal(
            declared.Select(orchestrator => (orchestrator.Name, orchestrator.Output)).Order(),
            functions.Select(function => (Name(function.Method), Result(function.Method))).Order());
        Assert.All(functions, function => Assert.Equal(typeof(TaskOrchestrationContext), function.Parameter.ParameterType));
    }

    [Fact]
    public async Task Every_call_of_the_API_is_a_function_that_needs_a_key()
    {
        using var services = new ServiceCollection().AddNetworks().AddPartitioners().AddStrategies().AddSelections().AddLanesEngine().AddClientActivities().BuildServiceProvider();
        var document = JsonNode.Parse(await UnroutedDocument.WriteAsync(services.GetRequiredService<SpecTable>(), new FederationApiOptions(), Cancel))!;
        var described =
            from path in document["paths"]!.AsObject()
            from operation in path.Value!.AsObject()
            select $"{operation.Key} {path.Key}";
        var functions = HttpFunctions().Where(function => function.Trigger.AuthLevel == AuthorizationLevel.Function)
            .SelectMany(function => function.Trigger.Methods!.Select(method => $"{method} /api/{function.Trigger.Route}"));

        Assert.Equal(described.Order(StringComparer.Ordinal), functions.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Only_the_APIs_description_and_the_dashboard_need_no_key() => Assert.Equal(
        [new FederationPaths().Dashboard, new FederationPaths().Page, new FederationPaths().Document],
        HttpFunctions().Where(function => function.Trigger.AuthLevel != AuthorizationLevel.Function)
            .Select(function => $"/api/{function.Trigger.Route}").Order(StringComparer.Ordinal));

    [Fact]
    public void Functions_have_names_of_their_own() =>
        Assert.Equal(Functions.Count, Functions.Select(Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());

    [Fact]
    public void Durable_Functions_leaves_instances_of_other_versions_alone()
    {
        var durableTask = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "host.json")))!["extensions"]!["durableTask"]!;
        Assert.Equal(Orchestrations.Version.Value, (string?)durableTask["defaultVersion"]);
        Assert.Equal(("Strict", "Reject"), ((string?)durableTask["versionMatchStrategy"], (string?)durableTask["versionFailureStrategy"]));
    }

    [Fact]
    public async Task The_worker_writes_messages_as_contracts_and_keeps_the_types_of_failures()
    {
        await using var services = new ServiceCollection().AddDurableFunctions().BuildServiceProvider();
        var worker = services.GetRequiredService<IOptions<WorkerOptions>>().Value;
        var input = new CleanUpRoundInput(new ArtifactReference("name", 1, "hash"), 7);
        Assert.Equal(ContractJson.Serialize(input), worker.Serializer!.Serialize(input, cancellationToken: Cancel).ToString());
#pragma warning disable CS0618 // obsolete because true is the default
        Assert.False(worker.EnableUserCodeException);
#pragma warning restore CS0618
    }

    private static string Name(MethodInfo function) => function.GetCustomAttribute<FunctionAttribute>()!.Name;

    private static Type Result(MethodInfo function) => function.ReturnType.GenericTypeArguments.Single();

    private static IEnumerable<(MethodInfo Method, ParameterInfo Parameter)> TriggeredBy<TTrigger>()
        where TTrigger : Attribute =>
        from function in Functions
        from parameter in function.GetParameters()
        where parameter.IsDefined(typeof(TTrigger))
        select (function, parameter);

    private static IEnumerable<(MethodInfo Method, HttpTriggerAttribute Trigger)> HttpFunctions() =>
        TriggeredBy<HttpTriggerAttribute>().Select(function => (function.Method, function.Parameter.GetCustomAttribute<HttpTriggerAttribute>()!));

    private static IEnumerable<(string Name, Type Input, Type Output)> Descriptors(Type of, Type kind) =>
        from property in of.GetProperties()
        where property.PropertyType.IsGenericType && property.PropertyType.GetGenericTypeDefinition() == kind
        let types = property.PropertyType.GenericTypeArguments
        select ((string)property.PropertyType.GetProperty("Name")!.GetValue(property.GetValue(null))!, types[0], types[1]);
}
