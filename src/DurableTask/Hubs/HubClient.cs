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

    // An instance that is there is not started over, whatever it is, unless a start says of which states that may be.
    private static readonly OrchestrationStatus[] AllStatuses = Enum.GetValues<OrchestrationStatus>();
    private static readonly OrchestrationStatus[] OverStatuses =
        [OrchestrationStatus.Completed, OrchestrationStatus.Failed, OrchestrationStatus.Terminated, OrchestrationStatus.Canceled];

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
        await hub.Instances.CreateTaskOrchestrationAsync(new TaskMessage { OrchestrationInstance = instance, Event = started }, KeptBy(options));
        return instance.InstanceId;
    }

    public override Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default) =>
        SendAsync(instanceId, new EventRaisedEvent(-1, Converter.Serialize(eventPayload)) { Name = eventName });

    public override Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default) =>
        hub.Instances.ForceTerminateTaskOrchestrationAsync(instanceId, Converter.Serialize(options?.Output));

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
            var page = await hub.Queries.GetOrchestrationWithQueryAsync(query, cancellation);
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
        await hub.Place.DrainAsync(instanceId, cancellation);
        return new((await hub.Purges.PurgeInstanceStateAsync(instanceId)).DeletedInstanceCount);
    }

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) => throw NotWaitedFor();

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) => throw NotWaitedFor();

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Whether an exception says that the hub's storage or server can't be reached now.</summary>
    public static bool IsUnavailable(Exception exception) =>
        CauseOf(exception) is Azure.RequestFailedException or SqlException or SocketException or AuthenticationFailedException;

    /// <summary>What is at the bottom of a failure; of several tries, of the last.</summary>
    internal static Exception CauseOf(Exception exception) =>
        exception.GetBaseException() is AggregateException { InnerExceptions: [.., var last] } ? CauseOf(last) : exception.GetBaseException();

    /// <summary>The states of an instance that a start leaves as it is.</summary>
    private static OrchestrationStatus[] KeptBy(StartOrchestrationOptions? options) => options?.DedupeStatuses is not { } given
        ? AllStatuses
        : [.. AllStatuses.Except(OverStatuses), .. given.Select(Enum.Parse<OrchestrationStatus>)];

    private static NotSupportedException NotWaitedFor() => new("the port waits by itself, on every back end alike");

    private Task SendAsync(string instanceId, HistoryEvent message) => hub.Instances.SendTaskOrchestrationMessageAsync(
        new TaskMessage { OrchestrationInstance = new OrchestrationInstance { InstanceId = instanceId }, Event = message });

    private async Task<OrchestrationState?> FindAsync(string instanceId) =>
        (await hub.Instances.GetOrchestrationStateAsync(instanceId, allExecutions: false))?.FirstOrDefault();

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
