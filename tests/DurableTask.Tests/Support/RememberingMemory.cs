using System.Collections.Concurrent;
using DurableTask.Core;
using Microsoft.DurableTask.Testing.Sidecar;

namespace FlDurable.DurableTask.Tests.Support;

/// <summary>
/// A hub in memory that outlives its workers. Microsoft's forgets messages as soon as they are taken, where every other hub keeps them until their work is completed: what a worker has
/// taken at the moment in which it stops, it lets go of unseen. Here that goes back.
/// </summary>
internal sealed class RememberingMemory : InMemoryOrchestrationService, IOrchestrationService
{
    private readonly ConcurrentDictionary<object, bool> taken = new(ReferenceEqualityComparer.Instance);

    async Task<TaskOrchestrationWorkItem> IOrchestrationService.LockNextTaskOrchestrationWorkItemAsync(TimeSpan receiveTimeout, CancellationToken cancellationToken) =>
        Take(await LockNextTaskOrchestrationWorkItemAsync(receiveTimeout, cancellationToken));

    Task IOrchestrationService.CompleteTaskOrchestrationWorkItemAsync(
        TaskOrchestrationWorkItem workItem, OrchestrationRuntimeState newOrchestrationRuntimeState, IList<TaskMessage> outboundMessages,
        IList<TaskMessage> orchestratorMessages, IList<TaskMessage> timerMessages, TaskMessage continuedAsNewMessage, OrchestrationState orchestrationState)
    {
        taken.TryRemove(workItem, out _);
        return CompleteTaskOrchestrationWorkItemAsync(
            workItem, newOrchestrationRuntimeState, outboundMessages, orchestratorMessages, timerMessages, continuedAsNewMessage, orchestrationState);
    }

    Task IOrchestrationService.AbandonTaskOrchestrationWorkItemAsync(TaskOrchestrationWorkItem workItem)
    {
        taken.TryRemove(workItem, out _);
        return AbandonTaskOrchestrationWorkItemAsync(workItem);
    }

    async Task IOrchestrationService.ReleaseTaskOrchestrationWorkItemAsync(TaskOrchestrationWorkItem workItem)
    {
        if (taken.TryRemove(workItem, out _))
            await AbandonTaskOrchestrationWorkItemAsync(workItem);
        await ReleaseTaskOrchestrationWorkItemAsync(workItem);
    }

    async Task<TaskActivityWorkItem> IOrchestrationService.LockNextTaskActivityWorkItem(TimeSpan receiveTimeout, CancellationToken cancellationToken) =>
        Take(await LockNextTaskActivityWorkItem(receiveTimeout, cancellationToken));

    Task IOrchestrationService.CompleteTaskActivityWorkItemAsync(TaskActivityWorkItem workItem, TaskMessage responseMessage)
    {
        taken.TryRemove(workItem, out _);
        return CompleteTaskActivityWorkItemAsync(workItem, responseMessage);
    }

    Task IOrchestrationService.AbandonTaskActivityWorkItemAsync(TaskActivityWorkItem workItem)
    {
        taken.TryRemove(workItem, out _);
        return AbandonTaskActivityWorkItemAsync(workItem);
    }

    // The worker's last call: activities that it has begun are completed or abandoned by then.
    async Task IOrchestrationService.StopAsync(bool isForced)
    {
        foreach (var activity in taken.Keys.OfType<TaskActivityWorkItem>().Where(activity => taken.TryRemove(activity, out _)))
            await AbandonTaskActivityWorkItemAsync(activity);
        await StopAsync(isForced);
    }

    private T Take<T>(T workItem)
        where T : class
    {
        taken[workItem] = true;
        return workItem;
    }
}
