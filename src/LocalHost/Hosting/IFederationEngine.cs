using FlDurable.DurableTask.Hubs;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.Places;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Hosting;

/// <summary>What runs the federations that a command asks for.</summary>
internal interface IFederationEngine : IAsyncDisposable
{
    /// <summary>Completes when it has stopped; fails when it broke down.</summary>
    Task Stopped { get; }

    /// <summary>Makes it ready for what is asked of it.</summary>
    Task StartAsync(CancellationToken cancellationToken);

    /// <summary>What it could not do, and tries again, since its disk or storage can't be read or written; null if there is nothing.</summary>
    Task<string?> FindStorageFailureAsync(CancellationToken cancellationToken);
}

/// <summary>An engine in this process, on a state folder that it has alone.</summary>
internal sealed class OwnEngine(EmbeddedEngineHost engine, StateFolder state) : IFederationEngine
{
    public Task Stopped => engine.Stopped;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await engine.StartAsync(cancellationToken);
        StateArtifacts.KeepPlace(state);
    }

    public Task<string?> FindStorageFailureAsync(CancellationToken cancellationToken) => engine.FindStorageFailureAsync(cancellationToken);

    public ValueTask DisposeAsync() => engine.DisposeAsync();
}

/// <summary>The nodes of a task hub: this process asks and looks, and runs nothing.</summary>
internal sealed class EngineOfNodes : IFederationEngine
{
    public Task Stopped { get; } = new TaskCompletionSource().Task;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<string?> FindStorageFailureAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null); // nodes tell of theirs themselves

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Adds an <see cref="IFederationEngine"/>.</summary>
internal static class FederationEngines
{
    /// <summary>Adds the engine of a state folder, or the nodes of the hub that takes its place.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="state">Where federations are kept.</param>
    /// <param name="hub">Opens the hub; null if there is none.</param>
    /// <param name="own">How an engine of this process's own works.</param>
    public static IServiceCollection AddFederationEngine(
        this IServiceCollection services, StateFolder state, Func<ILoggerFactory, TaskHub>? hub, EmbeddedEngineOptions own) => hub is null
        ? services
            .AddEmbeddedEngine(own)
            .AddSingleton<IFederationEngine>(provider => new OwnEngine(provider.GetRequiredService<EmbeddedEngineHost>(), state))
        : services.AddTaskHub(hub).AddSingleton<IFederationEngine, EngineOfNodes>();
}
