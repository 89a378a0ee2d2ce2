using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.EmbeddedEngine.Tests.Support;

/// <summary>One engine on a folder, from start to stop or crash, in virtual time.</summary>
internal sealed class TestEngine : IAsyncDisposable
{
    /// <summary>Turns a hang into a failure; nothing is expected to take as long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ServiceProvider services;

    private TestEngine(ServiceProvider services, FakeTimeProvider time)
    {
        this.services = services;
        Time = time;
        Host = services.GetRequiredService<EmbeddedEngineHost>();
        Client = services.GetRequiredService<IOrchestrationClient>();
    }

    public FakeTimeProvider Time { get; }

    public EmbeddedEngineHost Host { get; }

    public IOrchestrationClient Client { get; }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<TestEngine> StartAsync(
        TestFolder folder, Action<IServiceCollection> configure, FakeTimeProvider? time = null, int parallelism = 4,
        Action<string>? crashPoint = null, Func<string, bool>? takesUp = null, bool waitsForHost = false)
    {
        time ??= new FakeTimeProvider();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(time);
        configure(services);
        services.AddEmbeddedEngine(new EmbeddedEngineOptions
        {
            StateFolder = folder.Path,
            Parallelism = parallelism,
            TakesUp = takesUp ?? (_ => true),
            WaitsForHost = waitsForHost,
            CrashPoint = crashPoint ?? (_ => { }),
        });
        var engine = new TestEngine(services.BuildServiceProvider(), time);
        await engine.Host.StartAsync(Cancellation).WaitAsync(Patience);
        return engine;
    }

    public async Task ScheduleAsync<TInput, TOutput>(OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string id) =>
        Assert.True(await Client.ScheduleNewOrchestrationInstanceAsync(orchestrator, input, id, Cancellation));

    public Task RaiseAsync<T>(string id, string eventName, T payload) => Client.RaiseEventAsync(id, eventName, payload, Cancellation);

    public async Task<OrchestrationMetadata> GetAsync(string id) =>
        await Client.GetInstanceAsync(id, Cancellation) ?? throw new KeyNotFoundException(id);

    public Task<OrchestrationMetadata> WaitAsync(string id) =>
        Client.WaitForInstanceCompletionAsync(id, Cancellation).WaitAsync(Patience, Cancellation);

    /// <summary>Waits until nothing will happen but by the clock or from outside.</summary>
    public Task<DateTime?> AtRestAsync() => Host.AtRestAsync().WaitAsync(Patience, Cancellation);

    /// <summary>Starts an instance and waits until it is over, setting the clock to each timer that is due next.</summary>
    public async Task<OrchestrationMetadata> RunAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string id = "instance")
    {
        await ScheduleAsync(orchestrator, input, id);
        return await RunToEndAsync(id);
    }

    /// <summary>Waits until an instance is over, setting the clock to each timer that is due next.</summary>
    public Task<OrchestrationMetadata> RunToEndAsync(string id) => WaitAsync(id, instance => instance.IsOver);

    /// <summary>Waits until something is true of an instance, setting the clock to each timer that is due next.</summary>
    public async Task<OrchestrationMetadata> WaitAsync(string id, Func<OrchestrationMetadata, bool> until)
    {
        while (true)
        {
            var next = await AtRestAsync();
            var instance = await GetAsync(id);
            if (until(instance))
                return instance;
            if (next is null)
                throw new InvalidOperationException($"'{id}' is {instance.RuntimeStatus} and nothing will happen any more");
            Time.SetUtcNow(next.Value);
        }
    }

    public Task StopAsync() => Host.StopAsync(Cancellation).WaitAsync(Patience, Cancellation);

    /// <summary>Stops it and disposes of its host's services, in the order in which a host does: a turn may be in need of them.</summary>
    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await services.DisposeAsync();
    }
}
