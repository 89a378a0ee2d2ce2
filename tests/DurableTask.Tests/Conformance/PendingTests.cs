using FlDurable.DurableTask.Hubs;
using FlDurable.DurableTask.Tests.Support;
using FlDurable.EmbeddedEngine;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.DurableTask.Testing.Sidecar;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.DurableTask.Tests.Conformance;

/// <summary>What is asked of an instance while nobody runs it holds when somebody comes to.</summary>
public sealed class PendingTests(StorageFixture storage) : IAsyncLifetime
{
    private const string Embedded = "embedded engine";
    private const string InMemory = "hub in memory";
    private const string InAzureStorage = "hub in Azure Storage";

    private static readonly OrchestratorDescriptor<int, int> Main = new("Main");
    private static readonly ActivityDescriptor<int, int> Work = new("Work");

    private readonly FakeTimeProvider time = new();
    private readonly TestFolder folder = new();
    private ServiceProvider app = null!;
    private int worked;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IOrchestrationClient Client => app.GetRequiredService<IOrchestrationClient>();

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await app.DisposeAsync();
        folder.Dispose();
    }

    [Theory]
    [InlineData(Embedded)]
    [InlineData(InMemory)]
    [InlineData(InAzureStorage)]
    public async Task An_instance_that_was_ended_while_nobody_ran_it_does_nothing_when_somebody_comes(string engine)
    {
        await OpenAsync(engine);
        await StartAsync("ended");
        await StartAsync("other");

        await AskAsync(() => Client.TerminateInstanceAsync("ended", "not wanted", Cancel));
        Assert.False(await Client.ScheduleNewOrchestrationInstanceAsync(Main, 2, "ended", Cancel));
        Assert.False(await Client.PurgeInstanceAsync("other", Cancel));
        await ArriveAsync(engine);

        Assert.Equal("7", (await EndAsync("other")).SerializedOutput);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await EndAsync("ended")).RuntimeStatus);
        Assert.Equal(1, worked);
        Assert.True(await Client.PurgeInstanceAsync("ended", Cancel));
        Assert.Null(await Client.GetInstanceAsync("ended", Cancel));
    }

    [Theory]
    [InlineData(Embedded)]
    [InlineData(InMemory)]
    [InlineData(InAzureStorage)]
    public async Task An_instance_that_was_suspended_while_nobody_ran_it_waits_until_it_is_resumed(string engine)
    {
        await OpenAsync(engine);
        await StartAsync("held");
        await StartAsync("other");

        await AskAsync(() => Client.SuspendInstanceAsync("held", "not yet", Cancel));
        Assert.False(await Client.ScheduleNewOrchestrationInstanceAsync(Main, 2, "held", Cancel));
        await ArriveAsync(engine);

        Assert.Equal("7", (await EndAsync("other")).SerializedOutput);
        await AskAsync(() => Client.SuspendInstanceAsync("held", "not yet", Cancel));
        Assert.Equal((OrchestrationRuntimeStatus.Suspended, 1), ((await Client.GetInstanceAsync("held", Cancel))!.RuntimeStatus, worked));
        await AskAsync(() => Client.ResumeInstanceAsync("held", "now", Cancel));
        Assert.Equal("7", (await EndAsync("held")).SerializedOutput);
        Assert.Equal(2, worked);
    }

    private async Task StartAsync(string id)
    {
        Assert.True(await Client.ScheduleNewOrchestrationInstanceAsync(Main, 7, id, Cancel));
        Assert.Equal(OrchestrationRuntimeStatus.Pending, (await Client.GetInstanceAsync(id, Cancel))!.RuntimeStatus);
    }

    /// <summary>Asks for something. Where nobody is there to do it at once, that is told after a while; it is asked for all the same.</summary>
    private async Task AskAsync(Func<Task> ask)
    {
        var asked = ask();
        await PassTimeAsync(asked);
        try
        {
            await asked;
        }
        catch (TimeoutException)
        {
            // What was asked for is still to come.
        }
    }

    private async Task<OrchestrationMetadata> EndAsync(string id)
    {
        var end = Client.WaitForInstanceCompletionAsync(id, Cancel);
        await PassTimeAsync(end);
        return await end;
    }

    /// <summary>Lets the client's time pass until something is over: by it the client looks for what becomes of a request.</summary>
    private async Task PassTimeAsync(Task until)
    {
        while (!until.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(until, Task.Delay(TimeSpan.FromMilliseconds(10), Cancel));
        }
    }

    private async Task OpenAsync(string engine)
    {
        var services = new ServiceCollection().AddSingleton(new OrchestrationVersion("1"));
        if (engine == Embedded)
        {
            app = Compose(services, added => added.AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = folder.Path, TakesUp = _ => false }));
            await app.GetRequiredService<EmbeddedEngineHost>().StartAsync(Cancel);
            return;
        }

        services.AddSingleton<TimeProvider>(time);
        var service = new InMemoryOrchestrationService();
        app = Compose(services, added => added.AddTaskHub(engine == InMemory ? _ => TaskHub.Of(service) : storage.NewHub().Open));
        await app.GetRequiredService<TaskHub>().PrepareAsync(Cancel);
    }

    private async Task ArriveAsync(string engine)
    {
        if (engine != Embedded)
        {
            await app.GetRequiredService<HubWorker>().StartAsync(Cancel);
            return;
        }

        await app.DisposeAsync();
        app = Compose(new ServiceCollection().AddSingleton(new OrchestrationVersion("1")), services => services.AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = folder.Path }));
        await app.GetRequiredService<EmbeddedEngineHost>().StartAsync(Cancel);
    }

    private ServiceProvider Compose(IServiceCollection services, Action<IServiceCollection> addEngine)
    {
        services
            .AddOrchestratorFunc(Main, (context, input) => context.CallActivityAsync(Work, input))
            .AddActivityFunc(Work, (input, _) =>
            {
                Interlocked.Increment(ref worked);
                return Task.FromResult(input);
            });
        addEngine(services);
        return services.BuildServiceProvider();
    }
}
