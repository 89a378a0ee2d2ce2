using System.Text.Json;
using Microsoft.DurableTask;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.DurableTask.Tests.Support;

/// <summary>A Durable Task context that notes what it is asked for and answers as it is told. Messages pass as JSON, by the serializer's own options.</summary>
internal sealed class FakeContext : TaskOrchestrationContext
{
    public static readonly DateTime Start = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Calls, in order: what, the message as JSON, the options.</summary>
    public List<(string What, string? Message, TaskOptions? Options)> Calls { get; } = [];

    /// <summary>What an activity, child or event gives, told the message.</summary>
    public Func<object?, Task<object?>> OnCall { get; init; } = Task.FromResult;

    /// <summary>When a timer fires, told when it should; null if never.</summary>
    public Func<DateTime, DateTime?> OnTimer { get; init; } = _ => null;

    public DateTime Now { get; set; } = Start;

    public object? Input { get; init; }

    public string InstanceVersion { get; init; } = "1";

    public override TaskName Name => "Fake";

    public override string InstanceId => "fed";

    public override ParentOrchestrationInstance? Parent => null;

    public override DateTime CurrentUtcDateTime => Now;

    public override bool IsReplaying => false;

    public override string Version => InstanceVersion;

    protected override ILoggerFactory LoggerFactory => NullLoggerFactory.Instance;

    public override T GetInput<T>() => Pass<T>(Input);

    public override async Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        Calls.Add((name, Json(input), options));
        return Pass<TResult>(await OnCall(input));
    }

    public override async Task<TResult> CallSubOrchestratorAsync<TResult>(
        TaskName orchestratorName, object? input = null, TaskOptions? options = null)
    {
        Calls.Add((orchestratorName, Json(input), options));
        return Pass<TResult>(await OnCall(input));
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        Calls.Add(("timer", Json(fireAt), null));
        if (OnTimer(fireAt) is not { } firesAt)
            return new TaskCompletionSource().Task.WaitAsync(cancellationToken);
        Now = firesAt;
        return Task.CompletedTask;
    }

    public override async Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        Calls.Add((eventName, null, null));
        return Pass<T>(await OnCall(null));
    }

    public override void SendEvent(string instanceId, string eventName, object payload) => Calls.Add((eventName, Json(payload), null));

    public override void SetCustomStatus(object? customStatus) => Calls.Add(("status", Json(customStatus), null));

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true) =>
        Calls.Add(($"continue, events {(preserveUnprocessedEvents ? "kept" : "dropped")}", Json(newInput), null));

    public override Guid NewGuid() => Guid.Empty;

    private static string Json(object? message) => JsonSerializer.Serialize(message);

    private static T Pass<T>(object? message) => JsonSerializer.Deserialize<T>(Json(message))!;
}
