using FlDurable.Durable.Conformance;
using FlDurable.DurableTask.Hubs;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.DurableTask.Tests.Support;

/// <summary>The suite's orchestrators on a task hub, in real time.</summary>
internal sealed class HubHost : IConformanceHost, IAsyncDisposable
{
    // Turns a hang into a failure; nothing is expected to take as long.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Func<ILoggerFactory, TaskHub> open;
    private ServiceProvider app = null!;

    private HubHost(Func<ILoggerFactory, TaskHub> open) => this.open = open;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IFederationClient Client => app.GetRequiredService<IFederationClient>();

    public static async Task<HubHost> StartAsync(Func<ILoggerFactory, TaskHub> open)
    {
        var host = new HubHost(open);
        await host.StartAsync("1");
        return host;
    }

    public async Task StartAsync<TInput, TOutput>(OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId) =>
        Assert.True(await Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, instanceId, Cancel));

    public Task RaiseAsync<T>(string instanceId, string eventName, T payload) => Client.RaiseEventAsync(instanceId, eventName, payload, Cancel);

    public Task TerminateAsync(string instanceId, string reason) => Client.TerminateInstanceAsync(instanceId, reason, Cancel);

    public async Task<OrchestrationMetadata> WaitAsync(string instanceId, Func<OrchestrationMetadata, bool> until)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        patience.CancelAfter(Patience);
        while (true)
        {
            var instance = await Client.GetInstanceAsync(instanceId, Cancel);
            if (instance is not null && until(instance))
                return instance;
            Assert.False(patience.IsCancellationRequested, $"'{instanceId}' is {instance?.RuntimeStatus}: {instance?.FailureReason}");
            await Task.Delay(20, Cancel);
        }
    }

    public async Task<OrchestrationMetadata> OutcomeAsync(string instanceId) =>
        await Client.GetInstanceAsync(instanceId, Cancel) ?? throw new KeyNotFoundException(instanceId);

    public async Task RestartAsync(string version)
    {
        await StopAsync();
        await StartAsync(version);
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private async Task StartAsync(string version)
    {
        app = new ServiceCollection().AddSingleton(new OrchestrationVersion(version)).AddCases().AddTaskHub(open).BuildServiceProvider();
        await app.GetRequiredService<HubWorker>().StartAsync();
    }

    private async Task StopAsync()
    {
        await app.GetRequiredService<HubWorker>().StopAsync();
        await app.DisposeAsync();
    }
}
