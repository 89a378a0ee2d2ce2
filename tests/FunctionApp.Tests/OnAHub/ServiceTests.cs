using System.Reflection;
using FlDurable.Api;
using FlDurable.FunctionApp.Hosting;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Library;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FlDurable.FunctionApp.Tests.OnAHub;

/// <summary>The services, just as the program adds them. None of them sends anything before it is used.</summary>
public sealed class ServiceTests : IAsyncDisposable
{
    private readonly IHost app = Program.CreateBuilder(
        [$"--{ArtifactsOfTheApp.Setting}=UseDevelopmentStorage=true", $"--{PoolOfTheApp.Setting}=UseDevelopmentStorage=true", "--environment=Development"]).Build();

    public static TheoryData<Type> FunctionClasses =>
        [.. typeof(Program).Assembly.GetTypes().Where(type => type.GetMethods().Any(method => method.IsDefined(typeof(FunctionAttribute))))];

    public ValueTask DisposeAsync() => ((IAsyncDisposable)app).DisposeAsync();

    [Theory]
    [MemberData(nameof(FunctionClasses))]
    public void Every_function_can_be_made(Type functions) => Assert.NotNull(ActivatorUtilities.CreateInstance(app.Services, functions));

    [Fact]
    public void Every_activity_and_orchestrator_can_run()
    {
        Assert.Equal(
            typeof(Activities).GetProperties().Concat(typeof(WorkActivities).GetProperties()).Select(activity => activity.Name).Order(),
            app.Services.GetServices<ActivityRegistration>().Select(activity => activity.Name).Order());
        Assert.Equal(
            ["FederationOrchestrator", "LeafOrchestrator", "NotificationOrchestrator", "RoundOrchestrator"],
            app.Services.GetServices<OrchestratorRegistration>().Select(orchestrator => orchestrator.Name).Order());
    }

    [Fact]
    public async Task What_is_added_to_the_app_is_in_its_document()
    {
        var builder = Program.CreateBuilder([$"--{ArtifactsOfTheApp.Setting}=UseDevelopmentStorage=true"]);
        builder.Services
            .AddNetwork(new NetworkPlan("own-network", Flatten.Plan, Linear.Plan("fc")))
            .AddPartitioner(new Partitioner("own-partitioner", _ => new IidPartitioner()));
        await using var own = (IAsyncDisposable)builder.Build();

        var document = await UnroutedDocument.WriteAsync(
            ((IHost)own).Services.GetRequiredService<SpecTable>(), new FederationApiOptions(), TestContext.Current.CancellationToken);

        Assert.Contains("\"own-network\"", document, StringComparison.Ordinal);
        Assert.Contains("\"own-partitioner\"", document, StringComparison.Ordinal);
    }

    [Fact]
    public void Lanes_is_the_only_engine() => Assert.Equal(["lanes"], app.Services.GetRequiredService<IEngineCatalog>().Names);
}
