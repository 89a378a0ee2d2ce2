using FlDurable.DurableTask.Hubs;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.DurableTask.Testing.Sidecar;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.DurableTask.Tests.Hubs;

public sealed class HubWorkerTests
{
    private static readonly OrchestratorDescriptor<int, int> Main = new("Main");
    private static readonly OrchestratorDescriptor<int, int> Nowhere = new("Nowhere");
    private static readonly ActivityDescriptor<int, int> Missing = new("Missing");
    private static readonly ActivityDescriptor<int, int> Wait = new("Wait");

    private readonly InMemoryOrchestrationService memory = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_activity_or_orchestrator_that_a_worker_lacks_fails_for_good_and_is_named()
    {
        await using var app = await StartAsync(services => services
            .AddActivityFunc(Wait, (input, _) => Task.FromResult(input))
            .AddOrchestratorFunc(Main, (context, input) => context.CallActivityAsync(Missing, input)));
        Assert.StartsWith("Missing failed: this worker has no activity 'Missing', only Wait:", await FailureAsync(app, Main), StringComparison.Ordinal);
        Assert.StartsWith("this worker has no orchestrator 'Nowhere', only Main:", await FailureAsync(app, Nowhere), StringComparison.Ordinal);
    }

    [Fact(Timeout = 20_000)]
    public async Task What_a_worker_lacks_is_not_tried_again()
    {
        var inAnHour = new RetryPolicy(MaxNumberOfAttempts: 2, FirstRetryInterval: TimeSpan.FromHours(1));
        await using var app = await StartAsync(services => services
            .AddActivityFunc(Wait, (input, _) => Task.FromResult(input))
            .AddOrchestratorFunc(Main, (context, input) => context.CallActivityAsync(Missing, input, inAnHour)));
        var failure = await FailureAsync(app, Main).WaitAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith("Missing failed: this worker has no activity 'Missing', only Wait:", failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_stops_hands_its_activity_back_and_another_runs_it()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var stopped = await StartAsync(services => services
            .AddActivityFunc(Wait, async (input, cancel) =>
            {
                begun.TrySetResult();
                await Task.Delay(Timeout.Infinite, cancel);
                return input;
            })
            .AddOrchestratorFunc(Main, (context, input) => context.CallActivityAsync(Wait, input)));
        await ScheduleAsync(stopped, Main);
        await begun.Task.WaitAsync(Cancel);
        await stopped.GetRequiredService<HubWorker>().StopAsync();
        await stopped.DisposeAsync();

        await using var other = await StartAsync(services => services
            .AddActivityFunc(Wait, (input, _) => Task.FromResult(input + 1))
            .AddOrchestratorFunc(Main, (context, input) => context.CallActivityAsync(Wait, input)));
        var instance = await other.GetRequiredService<IFederationClient>().WaitForInstanceCompletionAsync("Main", Cancel);
        Assert.Equal(("8", null), (instance.SerializedOutput, instance.FailureReason));
    }

    private async Task<ServiceProvider> StartAsync(Func<IServiceCollection, IServiceCollection> add)
    {
        var app = add(new ServiceCollection().AddSingleton(new OrchestrationVersion("1")).AddTaskHub(_ => TaskHub.Of(memory))).BuildServiceProvider();
        await app.GetRequiredService<HubWorker>().StartAsync(Cancel);
        return app;
    }

    private static Task ScheduleAsync(ServiceProvider app, OrchestratorDescriptor<int, int> orchestrator) =>
        app.GetRequiredService<IFederationClient>().ScheduleNewOrchestrationInstanceAsync(orchestrator, 7, orchestrator.Name, Cancel);

    private static async Task<string?> FailureAsync(ServiceProvider app, OrchestratorDescriptor<int, int> orchestrator)
    {
        await ScheduleAsync(app, orchestrator);
        var instance = await app.GetRequiredService<IFederationClient>().WaitForInstanceCompletionAsync(orchestrator.Name, Cancel);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, instance.RuntimeStatus);
        return instance.FailureReason;
    }
}
