using System.Net.Sockets;
using Azure.Identity;
using DurableTask.Core;
using DurableTask.Core.History;
using FlDurable.Shared.Json;
using Microsoft.Data.SqlClient;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.DurableTask.Converters;
using CoreFailure = DurableTask.Core.FailureDetails;
using CoreQuery = DurableTask.Core.Query.OrchestrationQuery;
using PurgeResult = Microsoft.DurableTask.Client.PurgeResult;

namespace FlDurable.DurableTask.Hubs;

/// <summary>
/// Durable Task's client on a task hub that this process reaches itself. Microsoft has one, in a package that not every feed has; this is
/// what the port needs of it.
/// </summary>
internal sealed class HubClient(TaskHub hub) : DurableTaskClient("hub")
{
    private static readonly JsonDataConverter Converter = new(ContractJson.Options);

    // An instance that is there is not started over, whatever it is.
    private static readonly OrchestrationStatus[] AllStatuses = Enum.GetValues<OrchestrationStatus>();

    public override async Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        var instance = new OrchestrationInstance { InstanceId = options?.InstanceId ?? $"{Guid.NewGuid():N}", ExecutionId = $"{Guid.NewGuid():N}" };
        var started = new ExecutionStartedEvent(-1, Converter.Serialize(input))
        {
            Name = orchestratorName.Name,
            Version = options?.Version?.Version ?? "",
            OrchestrationInstance = instance,
        };
        await ReachAsync(() => hub.Instances.CreateTaskOrchestrationAsync(
            new TaskMessage { OrchestrationInstance = instance, Event = started }, AllStatuses));
        return instance.InstanceId;
    }

    public override Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, new EventRaisedEvent(-1, Converter.Serialize(eventPayload)) { Name = eventName });

    public override Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default) =>
        ReachAsync(() => hub.Instances.ForceTerminateTaskOrchestrationAsync(instanceId, Converter.Serialize(options?.Output)));

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, new ExecutionSuspendedEvent(-1, reason));

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, new ExecutionResumedEvent(-1, reason));

    public override async Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        await FindAsync(instanceId) is { } state ? Metadata(state, getInputsAndOutputs) : null;

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null)
    {
        var withOutputs = filter?.FetchInputsAndOutputs ?? false;
        return Pageable.Create(async (continuation, pageSize, cancellation) =>
        {
            var query = new CoreQuery
            {
                RuntimeStatus = filter?.Statuses?.Select(status => Enum.Parse<OrchestrationStatus>(status.ToString())).ToList(),
                InstanceIdPrefix = filter?.InstanceIdPrefix,
                PageSize = pageSize ?? filter?.PageSize ?? OrchestrationQuery.DefaultPageSize,
                ContinuationToken = continuation ?? filter?.ContinuationToken,
                FetchInputsAndOutputs = withOutputs,
            };
            var page = await ReachAsync(() => hub.Queries.GetOrchestrationWithQueryAsync(query, cancellation));
            return new Page<OrchestrationMetadata>([.. page.OrchestrationState.Select(state => Metadata(state, withOutputs))], page.ContinuationToken);
        });
    }

    /// <remarks>
    /// A request that reaches an instance only once it is purged comes back for ever, and ends the next instance of that id. So what was sent
    /// before is read first.
    /// </remarks>
    public override async Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        await ReachAsync(() => hub.Place.DrainAsync(instanceId, cancellation));
        return new((await ReachAsync(() => hub.Purges.PurgeInstanceStateAsync(instanceId))).DeletedInstanceCount);
    }

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(instanceId, state => state.OrchestrationStatus != OrchestrationStatus.Pending, getInputsAndOutputs, cancellation);

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        WaitAsync(
            instanceId,
            state => state.OrchestrationStatus is OrchestrationStatus.Completed or OrchestrationStatus.Failed or OrchestrationStatus.Terminated,
            getInputsAndOutputs, cancellation);

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<OrchestrationMetadata> WaitAsync(
        string instanceId, Func<OrchestrationState, bool> until, bool withOutputs, CancellationToken cancellation)
    {
        var (wait, longest) = (TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(1));
        while (true)
        {
            if (await FindAsync(instanceId) is { } state && until(state))
                return Metadata(state, withOutputs);
            await Task.Delay(wait, cancellation);
            wait = wait * 2 < longest ? wait * 2 : longest;
        }
    }

    private Task SendAsync(string instanceId, HistoryEvent message) => ReachAsync(() => hub.Instances.SendTaskOrchestrationMessageAsync(
        new TaskMessage { OrchestrationInstance = new OrchestrationInstance { InstanceId = instanceId }, Event = message }));

    private async Task<OrchestrationState?> FindAsync(string instanceId) =>
        (await ReachAsync(() => hub.Instances.GetOrchestrationStateAsync(instanceId, allExecutions: false)))?.FirstOrDefault();

    private static async Task ReachAsync(Func<Task> ask) => await ReachAsync(async () =>
    {
        await ask();
        return true;
    });

    private static async Task<T> ReachAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (exception.GetBaseException() is Azure.RequestFailedException or SqlException or SocketException or AuthenticationFailedException)
        {
            throw new TaskHubException($"the task hub can't be reached: {exception.GetBaseException().Message.Split('\n')[0].TrimEnd()}", exception);
        }
    }

    private static OrchestrationMetadata Metadata(OrchestrationState state, bool withOutputs) =>
        new(state.Name, state.OrchestrationInstance.InstanceId)
        {
            RuntimeStatus = Enum.Parse<OrchestrationRuntimeStatus>(state.OrchestrationStatus.ToString()),
            CreatedAt = Utc(state.CreatedTime),
            LastUpdatedAt = Utc(state.LastUpdatedTime),
            SerializedInput = withOutputs ? state.Input : null,
            SerializedOutput = withOutputs ? state.Output : null,
            SerializedCustomStatus = withOutputs ? state.Status : null,
            FailureDetails = withOutputs && state.FailureDetails is { } failure ? Details(failure) : null,
        };

    private static DateTimeOffset Utc(DateTime time) => new(DateTime.SpecifyKind(time, DateTimeKind.Utc));

    private static TaskFailureDetails Details(CoreFailure failure) => new(
        failure.ErrorType, failure.ErrorMessage, failure.StackTrace, failure.InnerFailure is { } inner ? Details(inner) : null, failure.Properties);
}
