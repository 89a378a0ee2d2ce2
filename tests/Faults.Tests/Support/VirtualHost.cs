using FlDurable.CrashingHost;
using FlDurable.EmbeddedEngine;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Faults.Tests.Support;

/// <summary>What goes wrong in a host; by default nothing.</summary>
internal sealed record HostFaults
{
    /// <summary>What activities do.</summary>
    public ActivityWrapper Activities { get; init; } = static (_, _, _, run) => run();

    /// <summary>What the artifact store does.</summary>
    public Func<IArtifactStore, IArtifactStore> Store { get; init; } = static store => store;

    /// <summary>What the disk does.</summary>
    public IDurableFiles Files { get; init; } = new DurableFiles();

    /// <summary>Is called at the engine's crash points.</summary>
    public Action<string> CrashPoint { get; init; } = static _ => { };

    /// <summary>Changes what the host is made of.</summary>
    public Action<IServiceCollection> Services { get; init; } = static _ => { };
}

/// <summary>A host of the small federation in this process, in virtual time.</summary>
internal sealed class VirtualHost : IAsyncDisposable
{
    /// <summary>Turns a hang into a failure; nothing is expected to take as long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private VirtualHost(ServiceProvider services, FakeTimeProvider time)
    {
        Services = services;
        Time = time;
    }

    public ServiceProvider Services { get; }

    public FakeTimeProvider Time { get; }

    public EmbeddedEngineHost Engine => Services.GetRequiredService<EmbeddedEngineHost>();

    public IOrchestrationClient Client => Services.GetRequiredService<IOrchestrationClient>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Makes a host; its engine is not started.</summary>
    public static VirtualHost Create(string state, string cache, HostFaults? faults = null, int slots = 4)
    {
        faults ??= new HostFaults();
        var time = new FakeTimeProvider(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));
        var services = new ServiceCollection()
            .AddSingleton<TimeProvider>(time)
            .AddSingleton(faults.Store(new FileArtifactStore(SmallFederation.Artifacts(state), faults.Files)))
            .AddSmallFederation(cache)
            .WrapActivities(faults.Activities)
            .AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = state, Parallelism = slots, CrashPoint = faults.CrashPoint });
        faults.Services(services);
        return new VirtualHost(services.BuildServiceProvider(), time);
    }

    /// <summary>Starts the engine and the federation; one whose launch fails is launched again.</summary>
    /// <param name="spec">The federation.</param>
    /// <param name="attempts">How often it is launched.</param>
    public async Task LaunchAsync(FederationSpec spec, int attempts = 1)
    {
        await Engine.StartAsync(Cancellation);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Services.GetRequiredService<FederationLauncher>().LaunchAsync(Services.GetRequiredService<SpecReader>().Check(spec), null, null, Cancellation);
                return;
            }
            catch (ArtifactStoreException) when (attempt < attempts)
            {
                // As whoever launched it would do.
            }
        }
    }

    /// <summary>Waits until the federation is over, setting the clock to each timer that is due next.</summary>
    public async Task<OrchestrationMetadata> RunToEndAsync()
    {
        while (true)
        {
            var next = await Engine.AtRestAsync().WaitAsync(Patience, Cancellation);
            var federation = await Client.GetInstanceAsync(SmallFederation.Id, Cancellation);
            if (federation!.IsOver)
                return federation;
            Time.SetUtcNow(next ?? throw new InvalidOperationException("nothing will happen any more"));
        }
    }

    /// <summary>Waits until the federation is over, as far as it gets without the clock.</summary>
    public Task<OrchestrationMetadata> WaitAsync() =>
        Client.WaitForInstanceCompletionAsync(SmallFederation.Id, Cancellation).WaitAsync(Patience, Cancellation);

    /// <summary>The engine first, as the program does: what runs in it needs the services.</summary>
    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        await Services.DisposeAsync();
    }
}
