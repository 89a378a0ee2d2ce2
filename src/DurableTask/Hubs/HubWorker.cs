using System.Text.Json;
using DurableTask.Core;
using DurableTask.Core.Exceptions;
using DurableTask.Core.Settings;
using FlDurable.DurableTask.Adapters;
using FlDurable.Shared.Contracts;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Converters;
using Microsoft.DurableTask.Worker;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging;
using OrchestrationVersion = FlDurable.Orchestrator.Durable.OrchestrationVersion;

namespace FlDurable.DurableTask.Hubs;

/// <summary>
/// Takes orchestrations and activities from a task hub and runs them, beside as many other workers as there are. Durable Task's own shims
/// make the context that orchestrators get, so that they run on the same adapter here as on Durable Functions.
/// </summary>
public sealed class HubWorker : IAsyncDisposable
{
    private readonly TaskHub hub;
    private readonly TaskHubWorker worker;
    private readonly CancellationTokenSource stopping = new();
    private bool isStarted;

    /// <summary>A worker, not started.</summary>
    /// <param name="hub">Where it takes work from.</param>
    /// <param name="version">The version of its orchestrators: instances that another version started are left to workers of theirs.</param>
    /// <param name="work">What it can run.</param>
    /// <param name="logs">Where Durable Task logs to.</param>
    public HubWorker(TaskHub hub, OrchestrationVersion version, HubWork work, ILoggerFactory logs)
    {
        this.hub = hub;
        var shims = new DurableTaskShimFactory(
            new DurableTaskWorkerOptions
            {
                DataConverter = new JsonDataConverter(ContractJson.Options),
                Versioning = new DurableTaskWorkerOptions.VersioningOptions { DefaultVersion = version.Value },
            },
            logs);
        var sameVersion = new VersioningSettings
        {
            Version = version.Value,
            MatchStrategy = VersioningSettings.VersionMatchStrategy.Strict,
            FailureStrategy = VersioningSettings.VersionFailureStrategy.Reject,
        };
        worker = new TaskHubWorker(
            hub.Work,
            new ByName<TaskOrchestration>(name => shims.CreateOrchestration(
                name, new Orchestrator(
                    work.Orchestrators.GetValueOrDefault(name) ?? (_ => throw Unknown("orchestrator", name, work.Orchestrators.Keys))))),
            new ByName<TaskActivity>(name => shims.CreateActivity(
                name, new Activity(
                    work.Activities.GetValueOrDefault(name) ?? ((_, _) => throw Unknown("activity", name, work.Activities.Keys)), stopping.Token))),
            sameVersion, logs)
        {
            ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails,
        };
    }

    /// <summary>Makes the hub if it isn't there yet, and begins to take work.</summary>
    /// <exception cref="TaskHubException">The hub was made by other settings.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await hub.PrepareAsync(cancellationToken);
        await worker.StartAsync();
        isStarted = true;
    }

    /// <summary>
    /// Takes no more work. The activities that run are told to stop, and go back to the hub, where another worker takes them up at once.
    /// </summary>
    public async Task StopAsync()
    {
        if (!isStarted)
            return;
        isStarted = false;
        await stopping.CancelAsync();
        await worker.StopAsync(isForced: false);
    }

    /// <summary>Stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        worker.Dispose();
        stopping.Dispose();
    }

    private static NotRegisteredException Unknown(string kind, string name, IEnumerable<string> known) => new(
        $"this worker has no {kind} '{name}', only {string.Join(", ", known.Order(StringComparer.Ordinal))}: "
        + "all workers of a task hub must be of one build, with the same registrations");

    private sealed class ByName<T>(Func<string, T> create) : INameVersionObjectManager<T>
    {
        public void Add(ObjectCreator<T> creator) => throw new NotSupportedException();

        // The version is the hub's matter: it has the work of another left alone.
        public T GetObject(string name, string? version) => create(name);
    }

    private sealed class Orchestrator(Func<TaskOrchestrationContext, Task<JsonElement>> run) : TaskOrchestrator<JsonElement, JsonElement>
    {
        public override Task<JsonElement> RunAsync(TaskOrchestrationContext context, JsonElement input) => run(context);
    }

    private sealed class Activity(Func<JsonElement, CancellationToken, Task<JsonElement>> run, CancellationToken stopping)
        : Microsoft.DurableTask.TaskActivity<JsonElement, JsonElement>
    {
        public override async Task<JsonElement> RunAsync(TaskActivityContext context, JsonElement input)
        {
            try
            {
                return await run(input, stopping);
            }
            catch (Exception exception) when (stopping.IsCancellationRequested)
            {
                // This worker stops: no failure of the activity, which another worker takes up.
                throw new SessionAbortedException("the worker is stopping", exception);
            }
        }
    }
}
