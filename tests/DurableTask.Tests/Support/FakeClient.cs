using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;

namespace FlDurable.DurableTask.Tests.Support;

/// <summary>
/// A Durable Task client over a list of instances, which notes requests and fails those that it is told to. As on the Functions host, what is
/// suspended can't be suspended, and what isn't can't be resumed.
/// </summary>
internal sealed class FakeClient() : DurableTaskClient("fake")
{
    public Dictionary<string, OrchestrationMetadata> Instances { get; } = new(StringComparer.Ordinal);

    public List<string> Requests { get; } = [];

    private Action? effect;

    public object? Payload { get; private set; }

    public StartOrchestrationOptions? StartOptions { get; private set; }

    /// <summary>What happens when a request arrives, told what it is.</summary>
    public Action<string> OnRequest { get; set; } = _ => { };

    /// <summary>What has to happen before an instance is told of.</summary>
    public Task BeforeAnswer { get; set; } = Task.CompletedTask;

    /// <summary>How often an instance is looked at before a request has its effect; null if it never has.</summary>
    public int? LooksBeforeEffect { get; set; } = 0;

    /// <summary>The pages that are there to be read, each with the token that leads to the next.</summary>
    public IReadOnlyList<(string? Token, IReadOnlyList<OrchestrationMetadata> Instances)> Pages { get; init; } = [];

    public OrchestrationQuery? Query { get; private set; }

    public void Put(
        string id, OrchestrationRuntimeStatus status, string name = "Main", string? output = null, string? customStatus = null,
        TaskFailureDetails? failure = null) => Instances[id] = new OrchestrationMetadata(name, id)
        {
            RuntimeStatus = status,
            SerializedOutput = output,
            SerializedCustomStatus = customStatus,
            FailureDetails = failure,
        };

    public override Task<string> ScheduleNewOrchestrationInstanceAsync(
        TaskName orchestratorName, object? input = null, StartOrchestrationOptions? options = null, CancellationToken cancellation = default)
    {
        Note($"start {orchestratorName.Name}");
        (Payload, StartOptions) = (input, options);
        return Task.FromResult(options!.InstanceId!);
    }

    public override Task RaiseEventAsync(
        string instanceId, string eventName, object? eventPayload = null, CancellationToken cancellation = default)
    {
        Note($"raise {eventName}");
        Payload = eventPayload;
        return Task.CompletedTask;
    }

    public override Task<OrchestrationMetadata> WaitForInstanceStartAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        Task.FromResult(Instances[instanceId]);

    public override Task<OrchestrationMetadata> WaitForInstanceCompletionAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default) =>
        Task.FromResult(Instances[instanceId]);

    public override Task TerminateInstanceAsync(
        string instanceId, TerminateInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        Note($"terminate {options?.Output}");
        Become(instanceId, OrchestrationRuntimeStatus.Terminated);
        return Task.CompletedTask;
    }

    public override Task SuspendInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        Note($"suspend {reason}");
        Refuse(Instances[instanceId].RuntimeStatus == OrchestrationRuntimeStatus.Suspended);
        Become(instanceId, OrchestrationRuntimeStatus.Suspended);
        return Task.CompletedTask;
    }

    public override Task ResumeInstanceAsync(string instanceId, string? reason = null, CancellationToken cancellation = default)
    {
        Note($"resume {reason}");
        Refuse(Instances[instanceId].RuntimeStatus != OrchestrationRuntimeStatus.Suspended);
        Become(instanceId, OrchestrationRuntimeStatus.Running);
        return Task.CompletedTask;
    }

    public override async Task<OrchestrationMetadata?> GetInstancesAsync(
        string instanceId, bool getInputsAndOutputs = false, CancellationToken cancellation = default)
    {
        await BeforeAnswer;
        if (effect is not null && LooksBeforeEffect is { } looks && looks <= 0)
            effect();
        LooksBeforeEffect--;
        return Instances.GetValueOrDefault(instanceId);
    }

    public override AsyncPageable<OrchestrationMetadata> GetAllInstancesAsync(OrchestrationQuery? filter = null)
    {
        Query = filter;
        return new FakePages(Pages);
    }

    public override Task<PurgeResult> PurgeInstanceAsync(
        string instanceId, PurgeInstanceOptions? options = null, CancellationToken cancellation = default)
    {
        Note("purge");
        return Task.FromResult(new PurgeResult(Instances.Remove(instanceId) ? 1 : 0));
    }

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static void Refuse(bool refused)
    {
        if (refused)
            throw new InvalidOperationException("FailedPrecondition");
    }

    private void Become(string instanceId, OrchestrationRuntimeStatus status) => effect = () =>
    {
        Put(instanceId, status);
        effect = null;
    };

    private void Note(string request)
    {
        Requests.Add(request);
        OnRequest(request);
    }

    private sealed class FakePages(IReadOnlyList<(string? Token, IReadOnlyList<OrchestrationMetadata> Instances)> pages)
        : AsyncPageable<OrchestrationMetadata>
    {
        public override async IAsyncEnumerable<Page<OrchestrationMetadata>> AsPages(string? continuationToken = null, int? pageSizeHint = null)
        {
            await Task.CompletedTask;
            var first = continuationToken is null ? 0 : pages.ToList().FindIndex(page => page.Token == continuationToken) + 1;
            foreach (var (token, instances) in pages.Skip(first))
                yield return new Page<OrchestrationMetadata>(instances, token);
        }
    }
}
