using System.Text.Json;
using DurableTask.Core;
using FlDurable.DurableTask.Adapters;
using FlDurable.Shared.Json;
using FlDurable.Shared.Texts;
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
    private readonly NodeWatch watch;
    private readonly VersionGate gate;
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task? watching;

    /// <summary>A worker, not started.</summary>
    /// <param name="hub">Where it takes work from.</param>
    /// <param name="version">The version of its orchestrators: instances that another version started are left to workers of theirs.</param>
    /// <param name="work">What it can run.</param>
    /// <param name="logs">Where Durable Task logs to.</param>
    public HubWorker(TaskHub hub, OrchestrationVersion version, HubWork work, ILoggerFactory logs)
    {
        this.hub = hub;
        var logger = logs.CreateLogger<HubActivity>();
        watch = new NodeWatch(hub.Place, new HubNode(hub.Node, version.Value, work.Abilities), logs.CreateLogger<NodeWatch>());
        var shims = new DurableTaskShimFactory(
            new DurableTaskWorkerOptions
            {
                DataConverter = new JsonDataConverter(ContractJson.Options),
                Versioning = new DurableTaskWorkerOptions.VersioningOptions { DefaultVersion = version.Value },
            },
            logs);
        gate = new VersionGate(hub, version, logs.CreateLogger<VersionGate>());
        var handBacks = new HandBacks(TimeProvider.System);
        worker = new TaskHubWorker(
            hub.Work,
            new ByName<TaskOrchestration>((name, _) => shims.CreateOrchestration(
                name, new Orchestrator(
                    work.Orchestrators.GetValueOrDefault(name) ?? (_ => throw Unknown("orchestrator", name, work.Orchestrators.Keys))))),
            new ByName<TaskActivity>((name, of) => shims.CreateActivity(name, new HubActivity(name, ActivityOf(name, of), handBacks, logger, stopping.Token))),
            new HandBackLogs(logs))
        {
            ErrorPropagationMode = ErrorPropagationMode.UseFailureDetails,
        };
        worker.AddOrchestrationDispatcherMiddleware(gate.PassAsync);

        // Durable Task leaves instances of another version alone, but hands out their activities.
        Func<JsonElement, CancellationToken, Task<JsonElement>> ActivityOf(string name, string? of) => of != version.Value
            ? (_, cancel) => gate.RefuseAsync(name, of, cancel)
            : work.Activities.GetValueOrDefault(name) ?? ((_, _) => throw Unknown("activity", name, work.Activities.Keys));
    }

    /// <summary>
    /// Completes when it has stopped; fails with a <see cref="TaskHubException"/> when it no longer does its part, and its process should end, to be
    /// started anew.
    /// </summary>
    public Task Stopped => stopped.Task;

    /// <summary>Makes the hub if it isn't there yet, and begins to take work.</summary>
    /// <exception cref="TaskHubException">The hub was made by other settings, or has nodes that can't do the same as this one.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await hub.PrepareAsync(cancellationToken);
        await watch.JoinAsync(cancellationToken);
        try
        {
            await worker.StartAsync();
        }
        catch
        {
            await watch.LeaveAsync(); // who doesn't work is no node
            throw;
        }

        watching = Task.WhenAll(WatchAsync(), gate.WatchAsync(stopping.Token));
    }

    /// <summary>
    /// Takes no more work. The activities that run are told to stop, and go back to the hub, where another worker takes them up at once.
    /// </summary>
    public async Task StopAsync()
    {
        if (watching is null)
            return;
        await stopping.CancelAsync();
        await watching;
        watching = null;
        await worker.StopAsync(isForced: false);
        await watch.LeaveAsync();
        stopped.TrySetResult();
    }

    /// <summary>Stops.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        worker.Dispose();
        gate.Dispose();
        stopping.Dispose();
    }

    private async Task WatchAsync()
    {
        if (await watch.RunAsync(stopping.Token) is { } reason)
            stopped.TrySetException(new TaskHubException(reason));
    }

    private static FailedForGoodException Unknown(string kind, string name, IEnumerable<string> known) => new(
        $"this worker has no {kind} '{name}', only {string.Join(", ", known.Order(StringComparer.Ordinal))}: "
        + "all workers of a task hub must be of one build, with the same registrations");

    private sealed class ByName<T>(Func<string, string?, T> create) : INameVersionObjectManager<T>
    {
        public void Add(ObjectCreator<T> creator) => throw new NotSupportedException();

        public T GetObject(string name, string? version) => create(name, version);
    }

    private sealed class Orchestrator(Func<TaskOrchestrationContext, Task<JsonElement>> run) : TaskOrchestrator<JsonElement, JsonElement>
    {
        public override async Task<JsonElement> RunAsync(TaskOrchestrationContext context, JsonElement input)
        {
            try
            {
                return await run(context);
            }
            catch (Exception exception) when (exception.Message.Length > HubActivity.LongestReason)
            {
                throw new ActivityFailedException(Excerpt.Of(exception.Message, HubActivity.LongestReason));
            }
        }
    }
}
