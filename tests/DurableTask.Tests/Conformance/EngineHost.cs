using FlDurable.Durable.Conformance;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.DurableTask.Tests.Conformance;

/// <summary>The suite's orchestrators and activities on an engine, in real time.</summary>
internal sealed class EngineHost : IConformanceHost, IAsyncDisposable
{
    // Turns a hang into a failure; nothing is expected to take as long.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(20);

    private readonly Action<IServiceCollection> add;
    private readonly Func<IServiceProvider, CancellationToken, Task> start;
    private readonly Func<IServiceProvider, ValueTask> stop;
    private readonly Action cleanUp;
    private ServiceProvider app = null!;

    private EngineHost(
        Action<IServiceCollection> add, Func<IServiceProvider, CancellationToken, Task> start, Func<IServiceProvider, ValueTask> stop, Action cleanUp)
    {
        this.add = add;
        this.start = start;
        this.stop = stop;
        this.cleanUp = cleanUp;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IOrchestrationClient Client => app.GetRequiredService<IOrchestrationClient>();

    /// <summary>Starts an engine under version 1 of the orchestrations.</summary>
    /// <param name="add">Adds the engine to services.</param>
    /// <param name="start">Starts it.</param>
    /// <param name="stop">Stops it.</param>
    /// <param name="cleanUp">Removes what it leaves.</param>
    public static async Task<EngineHost> StartAsync(
        Action<IServiceCollection> add, Func<IServiceProvider, CancellationToken, Task> start, Func<IServiceProvider, ValueTask> stop, Action cleanUp)
    {
        var host = new EngineHost(add, start, stop, cleanUp);
        await host.StartAsync(new OrchestrationVersion("1"));
        return host;
    }

    public async Task StartAsync<TInput, TOutput>(OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId) =>
        Assert.True(await Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, instanceId, Cancel));

    public Task<bool> RestartFailedAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, DateTimeOffset failedAt) =>
        Client.RestartFailedInstanceAsync(orchestrator, input, instanceId, failedAt, Cancel);

    public Task RaiseAsync<T>(string instanceId, string eventName, T payload) => Client.RaiseEventAsync(instanceId, eventName, payload, Cancel);

    public Task TerminateAsync(string instanceId, string reason) => Client.TerminateInstanceAsync(instanceId, reason, Cancel);

    public Task SuspendAsync(string instanceId, string reason) => Client.SuspendInstanceAsync(instanceId, reason, Cancel);

    public Task ResumeAsync(string instanceId, string reason) => Client.ResumeInstanceAsync(instanceId, reason, Cancel);

    public async Task<OrchestrationMetadata> WaitAsync(string instanceId, Func<OrchestrationMetadata, bool> until)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while (true)
        {
            var instance = await Client.GetInstanceAsync(instanceId, Cancel);
            if (instance is not null && until(instance))
                return instance;
            if (patience.IsCancellationRequested)
                throw new ConformanceException($"'{instanceId}' is {instance?.RuntimeStatus}, status {instance?.SerializedCustomStatus}, for too long");
            await Task.Delay(LookEvery, Cancel);
        }
    }

    public async Task<OrchestrationMetadata> OutcomeAsync(string instanceId) =>
        await Client.GetInstanceAsync(instanceId, Cancel) ?? throw new KeyNotFoundException(instanceId);

    public async Task RestartAsync(OrchestrationVersion version)
    {
        await StopAsync();
        await StartAsync(version);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        cleanUp();
    }

    private async Task StartAsync(OrchestrationVersion version)
    {
        var services = new ServiceCollection().AddSingleton(version).AddCases();
        add(services);
        app = services.BuildServiceProvider();
        await start(app, Cancel);
    }

    private async Task StopAsync()
    {
        await stop(app);
        await app.DisposeAsync();
    }
}
