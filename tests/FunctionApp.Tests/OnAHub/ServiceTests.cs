using System.Reflection;
using FlDurable.FunctionApp.Hosting;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Specs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FlDurable.FunctionApp.Tests.OnAHub;

/// <summary>The services, just as the program adds them. None of them sends anything before it is used.</summary>
public sealed class ServiceTests : IAsyncDisposable
{
    private readonly IHost app = Program.CreateBuilder([$"--{ArtifactsOfTheApp.Setting}=UseDevelopmentStorage=true"]).Build();

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
            typeof(Activities).GetProperties().Select(activity => activity.Name).Order(),
            app.Services.GetServices<ActivityRegistration>().Select(activity => activity.Name).Order());
        Assert.Equal(
            ["FederationOrchestrator", "LeafOrchestrator", "NotificationOrchestrator", "RoundOrchestrator"],
            app.Services.GetServices<OrchestratorRegistration>().Select(orchestrator => orchestrator.Name).Order());
    }

    [Fact]
    public void Lanes_is_the_only_engine() => Assert.Equal(["lanes"], app.Services.GetRequiredService<IEngineCatalog>().Names);
}
