using FlDurable.Orchestrator.Durable;
using Microsoft.DurableTask;
using DurableQuery = Microsoft.DurableTask.Client.OrchestrationQuery;
using OrchestrationMetadata = FlDurable.Orchestrator.Durable.OrchestrationMetadata;
using OrchestrationQuery = FlDurable.Orchestrator.Durable.OrchestrationQuery;

namespace FlDurable.FunctionApp.Adapters;

/// <summary>
/// The port's client on Durable Task's, which takes requests for what can't be done (an event for an instance that is over) for errors in
/// some back ends, and answers a request before it has taken effect.
/// </summary>
internal sealed class DurableFederationClient(CurrentDurableClient current, OrchestrationVersion version, TimeProvider time) : IFederationClient
{
    /// <summary>How long a termination may take to have an effect.</summary>
    public static readonly TimeSpan TerminationTimeout = TimeSpan.FromMinutes(1);

    public async Task<bool> ScheduleNewOrchestrationInstanceAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        MessageLimit.Serialize($"the input of orchestrator '{orchestrator.Name}'", input);

        // Durable Functions would start an instance that is over anew.
        if (await ExistsAsync(instanceId, cancellationToken))
            return false;
        try
        {
            await current.Client.ScheduleNewOrchestrationInstanceAsync(
                orchestrator.Name, input, new StartOrchestrationOptions(instanceId) { Version = new TaskVersion(version.Value) }, cancellationToken);
            return true;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (await ExistsAsync(instanceId, cancellationToken))
                return false; // someone else was faster
            throw;
        }
    }

    public Task RaiseEventAsync<T>(string instanceId, string eventName, T eventPayload, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        MessageLimit.Serialize($"event '{eventName}'", eventPayload);
        return UnlessOverAsync(
            instanceId, () => current.Client.RaiseEventAsync(instanceId, eventName, eventPayload, cancellationToken), cancellationToken);
    }

    public Task TerminateInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) => UnlessOverAsync(
        instanceId,
        async () =>
        {
            await current.Client.TerminateInstanceAsync(instanceId, (object)reason, cancellationToken);
            await WaitUntilTerminatedAsync(instanceId, cancellationToken);
        },
        cancellationToken);

    public Task SuspendInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) => UnlessOverAsync(
        instanceId, () => current.Client.SuspendInstanceAsync(instanceId, reason, cancellationToken), cancellationToken);

    public Task ResumeInstanceAsync(string instanceId, string reason, CancellationToken cancellationToken) => UnlessOverAsync(
        instanceId, () => current.Client.ResumeInstanceAsync(instanceId, reason, cancellationToken), cancellationToken);

    public async Task<bool> PurgeInstanceAsync(string instanceId, CancellationToken cancellationToken) =>
        await GetInstanceAsync(instanceId, cancellationToken) is { IsOver: true }
        && (await current.Client.PurgeInstanceAsync(instanceId, cancellationToken)).PurgedInstanceCount > 0;

    public async Task<OrchestrationMetadata?> GetInstanceAsync(string instanceId, CancellationToken cancellationToken) =>
        (await current.Client.GetInstanceAsync(instanceId, getInputsAndOutputs: true, cancellationToken))?.ToPort();

    /// <remarks>
    /// Durable Task's pages are in its back end's order and have instances of all orchestrators: a page here has the oldest first, and may
    /// be short of its size though it isn't the last.
    /// </remarks>
    public async Task<OrchestrationPage> GetInstancesAsync(OrchestrationQuery query, CancellationToken cancellationToken)
    {
        var durableQuery = new DurableQuery(
            Statuses: query.Statuses?.Select(status => status.ToDurableTask()), InstanceIdPrefix: query.InstanceIdPrefix,
            PageSize: query.PageSize, FetchInputsAndOutputs: true, ContinuationToken: query.ContinuationToken);
        var pages = current.Client.GetAllInstancesAsync(durableQuery).AsPages(query.ContinuationToken, query.PageSize);
        await foreach (var page in pages.WithCancellation(cancellationToken))
        {
            var instances = page.Values
                .Where(instance => query.OrchestratorName is null || instance.Name == query.OrchestratorName)
                .Select(instance => instance.ToPort())
                .OrderBy(instance => instance.CreatedAt)
                .ThenBy(instance => instance.InstanceId, StringComparer.Ordinal)
                .ToList();
            var next = string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken;
            if (instances.Count > 0 || next is null)
                return new OrchestrationPage(instances, next);
        }

        return new OrchestrationPage([], ContinuationToken: null);
    }

    public async Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(string instanceId, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(instanceId, cancellationToken))
            throw new KeyNotFoundException($"there is no instance '{instanceId}'");
        return (await current.Client.WaitForInstanceCompletionAsync(instanceId, getInputsAndOutputs: true, cancellationToken)).ToPort();
    }

    private async Task WaitUntilTerminatedAsync(string instanceId, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(TerminationTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await current.Client.WaitForInstanceCompletionAsync(instanceId, getInputsAndOutputs: false, either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // An instance that another version started takes no message before a build of its version runs.
            throw new TimeoutException($"instance '{instanceId}' was told to end, and has not ended in {TerminationTimeout.TotalSeconds:0} seconds");
        }
    }

    private async Task<bool> ExistsAsync(string instanceId, CancellationToken cancellationToken) =>
        await current.Client.GetInstanceAsync(instanceId, getInputsAndOutputs: false, cancellationToken) is not null;

    private async Task<bool> IsLiveAsync(string instanceId, CancellationToken cancellationToken) =>
        await GetInstanceAsync(instanceId, cancellationToken) is { IsOver: false };

    private async Task UnlessOverAsync(string instanceId, Func<Task> request, CancellationToken cancellationToken)
    {
        if (!await IsLiveAsync(instanceId, cancellationToken))
            return;
        try
        {
            await request();
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (await IsLiveAsync(instanceId, cancellationToken))
                throw;
        }
    }
}
