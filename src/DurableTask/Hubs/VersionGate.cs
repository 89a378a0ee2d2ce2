using System.Diagnostics;
using System.Text.Json;
using DurableTask.Core;
using DurableTask.Core.Command;
using DurableTask.Core.Exceptions;
using DurableTask.Core.History;
using DurableTask.Core.Middleware;
using FlDurable.DurableTask.Adapters;
using Microsoft.Extensions.Logging;
using OrchestrationVersion = FlDurable.Orchestrator.Durable.OrchestrationVersion;

namespace FlDurable.DurableTask.Hubs;

/// <summary>
/// What a worker does with instances of other versions than its own. It never replays them: those that it takes over it begins anew, all others
/// it leaves to workers of their version. Those that are to end it ends, of whatever version, and without their code: that would first begin what
/// comes next, which nobody would end.
/// </summary>
internal sealed partial class VersionGate(TaskHub hub, OrchestrationVersion version, ILogger logger) : IDisposable
{
    // How long what is known of the other nodes is taken for true.
    private static readonly TimeSpan News = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim looking = new(1);
    private bool othersMayLive = true;
    private long lookedAt;

    /// <summary>Stands before Durable Task's dispatcher of orchestrations.</summary>
    public async Task PassAsync(DispatchMiddlewareContext context, Func<Task> next)
    {
        var instance = context.GetProperty<OrchestrationRuntimeState>();
        if (instance.NewEvents.OfType<ExecutionTerminatedEvent>().FirstOrDefault() is { } terminated)
            context.SetProperty(await EndAsync(instance, terminated));
        else if (instance.Version != version.Value)
            context.SetProperty(await DecideAsync(instance));
        await next();
    }

    /// <summary>Looks, at once and until it is cancelled, whether there are instances to take over that nobody else goes on with.</summary>
    public async Task WatchAsync(CancellationToken cancellationToken)
    {
        if (version.TakesOver.Count == 0)
            return;
        var looks = new RepeatedLook(
            async cancel =>
            {
                await LookAsync(cancel);
                return null;
            },
            LogNoLook);
        await looks.TryAsync(cancellationToken);
        await looks.RunAsync(cancellationToken);
    }

    /// <summary>Refuses an activity of another version.</summary>
    /// <exception cref="FailedForGoodException">Nobody else would do it, and what asked for it is begun anew.</exception>
    /// <exception cref="SessionAbortedException">It is left to others.</exception>
    public async Task<JsonElement> RefuseAsync(string activity, string? of, CancellationToken cancellationToken)
    {
        if (version.CanTakeOver(of ?? ""))
        {
            await LookAsync(cancellationToken);
            if (!othersMayLive)
                throw new FailedForGoodException($"activity '{activity}' is of version '{of}', and what asked for it is begun anew under version '{version.Value}'");
        }

        throw new SessionAbortedException($"activity '{activity}' is for workers of version '{of}'");
    }

    /// <summary>To be called when nothing is refused any more.</summary>
    public void Dispose() => looking.Dispose();

    /// <summary>
    /// Wakes the instances that are to be taken over, once there are no nodes of their version any more: what they wait for may have been with a
    /// node that is gone.
    /// </summary>
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        await looking.WaitAsync(cancellationToken);
        try
        {
            if (lookedAt != 0 && Stopwatch.GetElapsedTime(lookedAt) < News)
                return;
            await LookNowAsync(cancellationToken);
            lookedAt = Stopwatch.GetTimestamp();
        }
        finally
        {
            looking.Release();
        }
    }

    private async Task LookNowAsync(CancellationToken cancellationToken)
    {
        var othersLive = (await hub.ReadNodesAsync(cancellationToken)).Any(node => version.CanTakeOver(node.Version));
        if (othersMayLive && !othersLive)
        {
            await foreach (var instance in hub.FindLivingAsync(cancellationToken))
            {
                if (instance.ParentInstance is null && version.CanTakeOver(instance.Version ?? ""))
                    await WakeAsync(instance.OrchestrationInstance.InstanceId);
            }
        }

        othersMayLive = othersLive;
    }

    /// <summary>What an instance of another version is to do next, in place of what its code would.</summary>
    /// <exception cref="SessionAbortedException">It is left to others.</exception>
    private async Task<OrchestratorExecutionResult> DecideAsync(OrchestrationRuntimeState instance)
    {
        if (!version.CanTakeOver(instance.Version ?? ""))
            throw new SessionAbortedException($"it is for workers of version '{instance.Version}'");
        if (instance.ParentInstance is { } parent)
        {
            if (await IsAwaitedAsync(parent))
            {
                // The parent is taken over with the next message that it gets.
                await WakeAsync(parent.OrchestrationInstance.InstanceId);
                throw new SessionAbortedException($"it is part of an instance of version '{instance.Version}'");
            }

            await WakeChildrenAsync(instance);
            return End(instance, OrchestrationStatus.Terminated, $"\"version {version.Value} of the orchestrations has begun anew what it was part of\"");
        }

        if (instance.OrchestrationStatus == OrchestrationStatus.Suspended)
            return new OrchestratorExecutionResult { Actions = [], CustomStatus = await FindCustomStatusAsync(instance) };
        await WakeChildrenAsync(instance);
        LogTakenOver(instance.OrchestrationInstance!.InstanceId, instance.Version, version.Value);
        return End(instance, OrchestrationStatus.ContinuedAsNew, instance.Input, version.Value);
    }

    private async Task<bool> IsAwaitedAsync(ParentInstance parent) =>
        await FindAsync(parent.OrchestrationInstance) is { } state
        && state.OrchestrationInstance.ExecutionId == parent.OrchestrationInstance.ExecutionId
        && state.OrchestrationStatus is OrchestrationStatus.Running or OrchestrationStatus.Pending or OrchestrationStatus.Suspended;

    private async Task<OrchestrationState?> FindAsync(OrchestrationInstance instance) =>
        (await hub.Instances.GetOrchestrationStateAsync(instance.InstanceId, allExecutions: false))?.FirstOrDefault();

    private async Task<string?> FindCustomStatusAsync(OrchestrationRuntimeState instance) => (await FindAsync(instance.OrchestrationInstance!))?.Status;

    // Those that nobody awaits any more end with the next message that they get.
    private async Task WakeChildrenAsync(OrchestrationRuntimeState instance)
    {
        var ended = instance.Events.Select(one => one switch
        {
            SubOrchestrationInstanceCompletedEvent completed => completed.TaskScheduledId,
            SubOrchestrationInstanceFailedEvent failed => failed.TaskScheduledId,
            _ => -1,
        }).ToHashSet();
        foreach (var child in instance.Events.OfType<SubOrchestrationInstanceCreatedEvent>().Where(child => !ended.Contains(child.EventId)))
            await WakeAsync(child.InstanceId);
    }

    // No code of ours waits for an event of this name.
    private Task WakeAsync(string instanceId) => hub.Instances.SendTaskOrchestrationMessageAsync(new TaskMessage
    {
        OrchestrationInstance = new OrchestrationInstance { InstanceId = instanceId },
        Event = new EventRaisedEvent(-1, "null") { Name = "take-over" },
    });

    private async Task<OrchestratorExecutionResult> EndAsync(OrchestrationRuntimeState instance, ExecutionTerminatedEvent terminated)
    {
        var end = End(instance, OrchestrationStatus.Terminated, terminated.Input);
        end.CustomStatus = await FindCustomStatusAsync(instance);
        return end;
    }

    private static OrchestratorExecutionResult End(OrchestrationRuntimeState instance, OrchestrationStatus status, string? result, string? newVersion = null) => new()
    {
        Actions =
        [
            new OrchestrationCompleteOrchestratorAction
            {
                Id = instance.Events.Max(each => each.EventId) + 1, // decisions are numbered
                OrchestrationStatus = status,
                Result = result,
                NewVersion = newVersion,
            },
        ],
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "It can't be told now whether instances of older versions are to be taken over: {Reason}")]
    private partial void LogNoLook(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message =
        "Instance {InstanceId} was started by version {Version} of the orchestrations and goes on under version {Ours}, from where its execution began")]
    private partial void LogTakenOver(string instanceId, string? version, string ours);
}
