using FlDurable.DurableTask.Hubs;
using FlDurable.DurableTask.Tests.Support;
using FlDurable.EmbeddedEngine.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.DurableTask.Tests.Hubs;

public sealed class HubWorkerTests
{
    private static readonly OrchestratorDescriptor<int, int> Main = new("Main");
    private static readonly OrchestratorDescriptor<int, int> Nowhere = new("Nowhere");
    private static readonly ActivityDescriptor<int, int> Missing = new("Missing");
    private static readonly ActivityDescriptor<int, int> Wait = new("Wait");

    private readonly RememberingMemory memory = new();

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
        using var logs = new RecordingLoggerProvider();
        var stopped = await StartAsync(services => services
            .AddLogging(logging => logging.AddProvider(logs))
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
        Assert.Contains("is stopping", Assert.Single(logs.Problems), StringComparison.Ordinal);

        await using var other = await StartAsync(services => services
            .AddActivityFunc(Wait, (input, _) => Task.FromResult(input + 1))
            .AddOrchestratorFunc(Main, (context, input) => context.CallActivityAsync(Wait, input)));
        var instance = await other.GetRequiredService<IOrchestrationClient>().WaitForInstanceCompletionAsync("Main", Cancel);
        Assert.Equal(("8", null), (instance.SerializedOutput, instance.FailureReason));
    }

    [Fact]
    public async Task What_a_node_can_not_do_now_goes_back_and_counts_for_nothing()
    {
        var tries = 0;
        await using var app = await StartAsync(services => services
            .AddActivityFunc(Wait, (input, _) => ++tries == 1 ? throw new IOException("no space left") : Task.FromResult(input))
            .AddOrchestratorFunc(Main, (context, input) => context.CallActivityAsync(Wait, input)));
        await ScheduleAsync(app, Main);
        Assert.Equal("7", (await app.GetRequiredService<IOrchestrationClient>().WaitForInstanceCompletionAsync("Main", Cancel)).SerializedOutput);
        Assert.Equal(2, tries);
    }

    [Fact]
    public async Task What_fails_for_good_is_not_tried_again()
    {
        var tries = 0;
        await using var app = await StartAsync(services => services
            .AddActivityFunc<int, int>(Wait, (_, _) => throw new InvalidDataException($"try {++tries}"))
            .AddOrchestratorFunc(Main, (context, input) => context.CallActivityAsync(Wait, input, new RetryPolicy(MaxNumberOfAttempts: 5, FirstRetryInterval: TimeSpan.FromMilliseconds(1)))));
        Assert.Equal("Wait failed: try 1", await FailureAsync(app, Main));
    }

    [Fact]
    public async Task Activities_are_run_by_workers_of_their_instance_s_version()
    {
        int[] runs = [0, 0];
        await using var older = await StartAsync("1", services => With(services, 0));
        await using var newer = await StartAsync("2", services => With(services, 1));
        await ScheduleAsync(newer, Main);
        Assert.Equal("7", (await newer.GetRequiredService<IOrchestrationClient>().WaitForInstanceCompletionAsync("Main", Cancel)).SerializedOutput);
        Assert.Equal([0, 20], runs);

        IServiceCollection With(IServiceCollection services, int worker) => services
            .AddActivityFunc(Wait, (input, _) =>
            {
                Interlocked.Increment(ref runs[worker]);
                return Task.FromResult(input);
            })
            .AddOrchestratorFunc(Main, async (context, input) => (await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => context.CallActivityAsync(Wait, input))))[0]);
    }

    [Fact(Timeout = 20_000)]
    public async Task What_another_version_has_begun_can_be_terminated_though_nobody_goes_on_with_it()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var older = await StartAsync("1", With))
        {
            await ScheduleAsync(older, Main);
            await begun.Task.WaitAsync(TestContext.Current.CancellationToken);
        }

        await using var newer = await StartAsync("2", With);
        var client = newer.GetRequiredService<IOrchestrationClient>();
        await client.TerminateInstanceAsync("Main", "no longer needed", Cancel);
        var instance = await client.GetInstanceAsync("Main", Cancel);
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "no longer needed"), (instance!.RuntimeStatus, instance.FailureReason));

        IServiceCollection With(IServiceCollection services) => services.AddOrchestratorFunc(Main, async (context, input) =>
        {
            var news = context.WaitForExternalEvent<int>("news");
            begun.TrySetResult();
            return await news;
        });
    }

    private Task<ServiceProvider> StartAsync(Func<IServiceCollection, IServiceCollection> add) => StartAsync("1", add);

    private async Task<ServiceProvider> StartAsync(string version, Func<IServiceCollection, IServiceCollection> add)
    {
        var app = add(new ServiceCollection().AddSingleton(new OrchestrationVersion(version)).AddTaskHub(_ => TaskHub.Of(memory))).BuildServiceProvider();
        await app.GetRequiredService<HubWorker>().StartAsync(Cancel);
        return app;
    }

    private static Task ScheduleAsync(ServiceProvider app, OrchestratorDescriptor<int, int> orchestrator) =>
        app.GetRequiredService<IOrchestrationClient>().ScheduleNewOrchestrationInstanceAsync(orchestrator, 7, orchestrator.Name, Cancel);

    private static async Task<string?> FailureAsync(ServiceProvider app, OrchestratorDescriptor<int, int> orchestrator)
    {
        await ScheduleAsync(app, orchestrator);
        var instance = await app.GetRequiredService<IOrchestrationClient>().WaitForInstanceCompletionAsync(orchestrator.Name, Cancel);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, instance.RuntimeStatus);
        return instance.FailureReason;
    }
}
