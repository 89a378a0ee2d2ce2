using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.FunctionApp.Tests.Support;

/// <summary>A Durable Task context that notes what it is asked for and answers as it is told.</summary>
internal sealed class FakeContext : TaskOrchestrationContext
{
    private static readonly DateTime Now = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Calls, in order: what, the message, the options.</summary>
    public List<(string What, object? Message, TaskOptions? Options)> Calls { get; } = [];

    public Func<object?, Task<object?>> OnCall { get; init; } = Task.FromResult;

    public object? Input { get; init; }

    public string InstanceVersion { get; init; } = "1";

    public override TaskName Name => "Fake";

    public override string InstanceId => "fed";

    public override ParentOrchestrationInstance? Parent => null;

    public override DateTime CurrentUtcDateTime => Now;

    public override bool IsReplaying => false;

    public override string Version => InstanceVersion;

    protected override ILoggerFactory LoggerFactory => NullLoggerFactory.Instance;

    public override T GetInput<T>() => (T)Input!;

    public override async Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        Calls.Add((name, input, options));
        return (TResult)(await OnCall(input))!;
    }

    public override async Task<TResult> CallSubOrchestratorAsync<TResult>(
        TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        Calls.Add((orchestratorName, input, options));
        return (TResult)(await OnCall(input))!;
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        Calls.Add(("timer", fireAt, null));
        return new TaskCompletionSource().Task.WaitAsync(cancellationToken);
    }

    public override async Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        Calls.Add((eventName, null, null));
        return (T)(await OnCall(null))!;
    }

    public override void SendEvent(string instanceId, string eventName, object payload) => Calls.Add((eventName, payload, null));

    public override void SetCustomStatus(object? customStatus) => Calls.Add(("status", customStatus, null));

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
        Calls.Add(($"continue, events {(preserveUnprocessedEvents ? "kept" : "dropped")}", newInput, null));

    public override Guid NewGuid() => Guid.Empty;
}
