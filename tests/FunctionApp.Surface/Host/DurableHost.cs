using System.Text.Json;
using Azure.Core.Serialization;
using FlDurable.EmbeddedEngine;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.FunctionApp.Surface.Host;

/// <summary>How durable functions are hosted.</summary>
public sealed record DurableHostOptions
{
    /// <summary>Where instances are kept.</summary>
    public required string StateFolder { get; init; }

    /// <summary>The version of the orchestrations, as host.json has it.</summary>
    public required string Version { get; init; }

    /// <summary>How many activities run at a time.</summary>
    public int MaxConcurrentActivityFunctions { get; init; } = 4;

    /// <summary>The worker's options.</summary>
    public required WorkerOptions Worker { get; init; }

    /// <summary>The clock.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Where is logged to.</summary>
    public ILoggerFactory? Logs { get; init; }
}

/// <summary>The embedded engine in the place of Durable Functions.</summary>
public sealed class DurableHost : IAsyncDisposable
{
    private readonly ServiceProvider services;
    private readonly EmbeddedEngineHost engine;

    private DurableHost(ServiceProvider services, Payloads payloads, string version)
    {
        this.services = services;
        engine = services.GetRequiredService<EmbeddedEngineHost>();
        Client = new SurfaceClient(services.GetRequiredService<IFederationClient>(), payloads, version);
    }

    /// <summary>The client that functions are given.</summary>
    public DurableTaskClient Client { get; }

    /// <summary>Goes on with what is in the state folder.</summary>
    public static async Task<DurableHost> StartAsync(
        DurableHostOptions options, IEnumerable<OrchestratorFunction> orchestrators, IEnumerable<ActivityFunction> activities,
        CancellationToken cancellationToken)
    {
        var payloads = new Payloads(options.Worker.Serializer ?? new JsonObjectSerializer());
        var services = new ServiceCollection();
        services.AddSingleton(options.Time).AddSingleton(new OrchestrationVersion(options.Version));
        if (options.Logs is not null)
            services.AddSingleton(options.Logs);
        foreach (var orchestrator in orchestrators)
        {
            services.AddOrchestratorFunc(
                new OrchestratorDescriptor<JsonElement, JsonElement>(orchestrator.Name),
                async (context, input) => payloads.Write(await FailingAsDurableTaskTellsAsync(
                    () => orchestrator.Run(new SurfaceContext(orchestrator.Name, context, input, payloads)), keepsType: true)));
        }

#pragma warning disable CS0618 // obsolete because true is the default
        var keepsType = !options.Worker.EnableUserCodeException;
#pragma warning restore CS0618
        foreach (var activity in activities)
        {
            services.AddActivityFunc(
                new ActivityDescriptor<JsonElement, JsonElement>(activity.Name),
                async (input, cancel) => payloads.Write(await FailingAsDurableTaskTellsAsync(
                    () => activity.Run(payloads.Read(input, activity.InputType), cancel), keepsType)));
        }

        services.AddEmbeddedEngine(new EmbeddedEngineOptions
        {
            StateFolder = options.StateFolder,
            Parallelism = options.MaxConcurrentActivityFunctions,
        });
        var host = new DurableHost(services.BuildServiceProvider(), payloads, options.Version);
        await host.engine.StartAsync(cancellationToken);
        return host;
    }

    /// <summary>Completes when nothing will happen any more but by the clock or from outside.</summary>
    /// <returns>When the next timer is due, if there is one.</returns>
    public Task<DateTime?> AtRestAsync() => engine.AtRestAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await engine.DisposeAsync(); // first: what runs in it needs the services
        await services.DisposeAsync();
    }

    // The type of an activity's exception gets from the worker to the host only if the worker doesn't unwrap it.
    private static async Task<object?> FailingAsDurableTaskTellsAsync(Func<Task<object?>> run, bool keepsType)
    {
        try
        {
            return await run();
        }
        catch (Exception exception)
        {
            throw new FunctionFailedException(keepsType ? exception.GetType().FullName! : FunctionFailedException.UnknownType, exception);
        }
    }
}
