using System.Text.Json;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Waiting;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using DurableQuery = Microsoft.DurableTask.Client.OrchestrationQuery;
using DurableStatus = Microsoft.DurableTask.Client.OrchestrationRuntimeStatus;
using OrchestrationMetadata = FlDurable.Orchestrator.Durable.OrchestrationMetadata;
using OrchestrationQuery = FlDurable.Orchestrator.Durable.OrchestrationQuery;
using OrchestrationRuntimeStatus = FlDurable.Orchestrator.Durable.OrchestrationRuntimeStatus;

namespace FlDurable.DurableTask.Adapters;

/// <summary>
/// The port's client on Durable Task's, which takes requests for what can't be done (an event for an instance that is over, a second
/// suspension) for errors in some back ends, and answers a request before it has taken effect.
/// </summary>
/// <param name="durable">Durable Task's client for the call at hand.</param>
/// <param name="isUnavailable">Whether an exception of its says that its back end can't be reached now.</param>
/// <param name="version">What instances are started as.</param>
/// <param name="time">Whose time is waited by.</param>
/// <param name="whyIdle">Why nobody works on any instance now, asked when one that is not over is looked at; null where that can't be.</param>
internal sealed class DurableOrchestrationClient(
    Func<DurableTaskClient> durable, Func<Exception, bool> isUnavailable, OrchestrationVersion version, TimeProvider time,
    Func<CancellationToken, Task<string?>>? whyIdle = null) : IOrchestrationClient
{
    /// <summary>How long a request may take to have an effect.</summary>
    public static readonly TimeSpan EffectTimeout = TimeSpan.FromMinutes(1);

    // Whatever an instance that is there may be, it is not started over.
    private static readonly DurableStatus[] AllStatuses = [.. StartOrchestrationOptionsExtensions.ValidDedupeStatuses];

    private readonly StartGates gates = new();

    public async Task<bool> ScheduleNewOrchestrationInstanceAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var message = Messages.Write($"the input of orchestrator '{orchestrator.Name}'", input);
        using var gate = await gates.EnterAsync(instanceId, cancellationToken);

        // Looked for first, since not every back end heeds what a start must not replace.
        if (await ExistsAsync(instanceId, cancellationToken))
            return false;
        return await StartAsync(orchestrator.Name, message, instanceId, AllStatuses, async () => !await ExistsAsync(instanceId, cancellationToken), cancellationToken);
    }

    public async Task<bool> RestartFailedInstanceAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, DateTimeOffset failedAt, CancellationToken cancellationToken)
    {
        var message = Messages.Write($"the input of orchestrator '{orchestrator.Name}'", input);
        using var gate = await gates.EnterAsync(instanceId, cancellationToken);
        return await HasFailedAsync()
            && await StartAsync(orchestrator.Name, message, instanceId, [.. AllStatuses.Except([DurableStatus.Failed])], HasFailedAsync, cancellationToken);

        async Task<bool> HasFailedAsync() =>
            await FindAsync(instanceId, cancellationToken) is { RuntimeStatus: OrchestrationRuntimeStatus.Failed } instance
            && instance.Name == orchestrator.Name && instance.LastUpdatedAt == failedAt;
    }

    public Task RaiseEventAsync<T>(string instanceId, string eventName, T eventPayload, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        var message = Messages.Write($"event '{eventName}'", eventPayload);
        return AskAsync(
            instanceId, instance => instance.IsOver, () => durable().RaiseEventAsync(instanceId, eventName, message, cancellationToken),
            cancellationToken);
    }

    public Task TerminateInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) => AskUntilAsync(
        instanceId, "end", instance => instance.IsOver,
        () => durable().TerminateInstanceAsync(instanceId, (object)reason, cancellationToken), cancellationToken);

    public Task SuspendInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) => AskUntilAsync(
        instanceId, "pause", instance => instance.IsOver || instance.RuntimeStatus == OrchestrationRuntimeStatus.Suspended,
        () => durable().SuspendInstanceAsync(instanceId, reason, cancellationToken), cancellationToken);

    public Task ResumeInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) => AskUntilAsync(
        instanceId, "go on", instance => instance.RuntimeStatus != OrchestrationRuntimeStatus.Suspended,
        () => durable().ResumeInstanceAsync(instanceId, reason, cancellationToken), cancellationToken);

    public async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken) =>
        await FindAsync(instanceId, cancellationToken) is { IsOver: true }
        && (await ReachAsync(() => durable().PurgeInstanceAsync(instanceId, cancellationToken))).PurgedInstanceCount > 0;

    public async Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken) =>
        await FindAsync(instanceId, cancellationToken) is { } instance ? (await WithWaitingAsync([instance], cancellationToken))[0] : null;

    /// <remarks>
    /// Durable Task's pages are in its back end's order and have instances of all orchestrators: a page here has the oldest first, and may
    /// be short of its size though it isn't the last.
    /// </remarks>
    public async Task<OrchestrationPage> GetInstancesAsync(OrchestrationQuery query, CancellationToken cancellationToken)
    {
        var page = await ReachAsync(() => ReadPageAsync(query, cancellationToken));
        return page with { Instances = await WithWaitingAsync(page.Instances, cancellationToken) };
    }

    public async Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, CancellationToken cancellationToken)
    {
        var wasThere = false;
        return await Polling.Patiently.UntilAsync(
            async cancel =>
            {
                if (await FindAsync(instanceId, cancel) is not { } instance)
                    throw new KeyNotFoundException(wasThere ? $"instance '{instanceId}' was purged while it was waited for" : $"there is no instance '{instanceId}'");
                wasThere = true;
                return instance.IsOver ? instance : null;
            },
            time, cancellationToken);
    }

    private async Task<OrchestrationPage> ReadPageAsync(OrchestrationQuery query, CancellationToken cancellationToken)
    {
        var from = ContinuationTokens.Unwrap(query.ContinuationToken);
        var durableQuery = new DurableQuery(
            Statuses: query.Statuses?.Select(status => status.ToDurableTask()), InstanceIdPrefix: query.InstanceIdPrefix,
            PageSize: query.PageSize, FetchInputsAndOutputs: true, ContinuationToken: from);
        var pages = durable().GetAllInstancesAsync(durableQuery).AsPages(from, query.PageSize);
        await foreach (var page in pages.WithCancellation(cancellationToken))
        {
            var instances = page.Values
                .Where(instance => query.OrchestratorName is null || instance.Name == query.OrchestratorName)
                .Select(instance => instance.ToPort())
                .OrderBy(instance => instance.CreatedAt)
                .ThenBy(instance => instance.InstanceId, StringComparer.Ordinal)
                .ToList();
            var next = ContinuationTokens.Wrap(page.ContinuationToken);
            if (instances.Count > 0 || next is null)
                return new OrchestrationPage(instances, next);
        }

        return new OrchestrationPage([], ContinuationToken: null);
    }

    /// <summary>Starts an instance in the place of one in no other state than may be replaced.</summary>
    /// <returns>Whether it was started now.</returns>
    private async Task<bool> StartAsync(
        string orchestrator, JsonElement message, string instanceId, DurableStatus[] kept, Func<Task<bool>> canBeStarted, CancellationToken cancellationToken)
    {
        try
        {
            var options = new StartOrchestrationOptions(instanceId) { Version = new TaskVersion(version.Value) };
            await ReachAsync(() => durable().ScheduleNewOrchestrationInstanceAsync(orchestrator, message, options.WithDedupeStatuses(kept), cancellationToken));
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (!await canBeStarted())
                return false; // someone else was faster
            throw;
        }
    }

    private async Task<bool> ExistsAsync(string instanceId, CancellationToken cancellationToken) =>
        await ReachAsync(() => durable().GetInstanceAsync(instanceId, getInputsAndOutputs: false, cancellationToken)) is not null;

    /// <summary>Makes a request of an instance, unless there is none or nothing to ask of it.</summary>
    /// <returns>Whether the request was made.</returns>
    private async Task<bool> AskAsync(
        string instanceId, Func<OrchestrationMetadata, bool> isSo, Func<Task> request, CancellationToken cancellationToken)
    {
        if (await IsSoAsync(instanceId, isSo, cancellationToken))
            return false;
        try
        {
            await ReachAsync(async () =>
            {
                await request();
                return true;
            });
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (await IsSoAsync(instanceId, isSo, cancellationToken))
                return false;
            throw;
        }
    }

    /// <summary>Makes a request of an instance and waits until it has taken effect.</summary>
    private async Task AskUntilAsync(
        string instanceId, string what, Func<OrchestrationMetadata, bool> isSo, Func<Task> request, CancellationToken cancellationToken)
    {
        if (!await AskAsync(instanceId, isSo, request, cancellationToken))
            return;
        using var timeout = new CancellationTokenSource(EffectTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await Polling.Patiently.UntilAsync<object>(
                async cancel => await IsSoAsync(instanceId, isSo, cancel) ? instanceId : null, time, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // An instance that another version started takes no message before a build of its version runs.
            throw new TimeoutException($"instance '{instanceId}' was told to {what}, and has not done so in {EffectTimeout.TotalSeconds:0} seconds");
        }
    }

    private async Task<bool> IsSoAsync(string instanceId, Func<OrchestrationMetadata, bool> isSo, CancellationToken cancellationToken) =>
        await FindAsync(instanceId, cancellationToken) is not { } instance || isSo(instance);

    private async Task<OrchestrationMetadata?> FindAsync(string instanceId, CancellationToken cancellationToken) =>
        (await ReachAsync(() => durable().GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancellationToken)))?.ToPort();

    private async Task<IReadOnlyList<OrchestrationMetadata>> WithWaitingAsync(IReadOnlyList<OrchestrationMetadata> instances, CancellationToken cancellationToken) =>
        whyIdle is null || instances.All(instance => instance.IsOver) || await ReachAsync(() => whyIdle(cancellationToken)) is not { } reason
            ? instances
            : [.. instances.Select(instance => instance.IsOver ? instance : instance with { Waiting = reason })];

    /// <summary>The one place in which it is told that the back end can't be reached.</summary>
    private async Task<T> ReachAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (isUnavailable(exception))
        {
            throw new EngineUnavailableException(
                $"the task hub can't be reached: {exception.GetBaseException().Message.Split('\n')[0].TrimEnd()}", exception);
        }
    }
}
