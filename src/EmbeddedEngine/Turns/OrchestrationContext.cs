using FlDurable.EmbeddedEngine.Histories;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine.Turns;

/// <summary>The port as one execution's code sees it. It turns calls into decisions and arrivals into finished tasks.</summary>
internal sealed partial class OrchestrationContext(
    ExecutionIdentity identity, DecisionLog decisions, TurnSynchronizationContext turns, ILoggerFactory loggers) : IOrchestrationContext
{
    // Continuations run inline, on the engine's thread: RunContinuationsAsynchronously would send Task.WhenAll's to the thread pool.
    private readonly Dictionary<int, (string Name, TaskCompletionSource<string> Source)> tasks = [];
    private readonly HashSet<int> notToBeRetried = [];
    private readonly EventBuffer events = new();
    private int taskCount;
    private int guidCount;

    public string InstanceId => identity.InstanceId;

    public string Version => identity.Version;

    public bool IsReplaying => decisions.IsReplaying;

    public DateTime CurrentUtcDateTime { get; private set; }

    /// <summary>The custom status as JSON, or null as long as none was set.</summary>
    public string? CustomStatus { get; private set; }

    /// <summary>What <see cref="ContinueAsNew"/> asked for.</summary>
    public Continuation? Continuation { get; private set; }

    /// <summary>Whether anything could wake the code again.</summary>
    public bool IsWaiting => tasks.Count > 0 || events.HasWaiters;

    /// <summary>Events that no one has taken, oldest first.</summary>
    public IReadOnlyList<EventRaised> UnprocessedEvents => events.Unprocessed;

    public void BeginTurn(DateTime at) => CurrentUtcDateTime = at;

    /// <summary>Finishes what an arrival finishes. One for a task that is not waited for (cancelled, or delivered before) is nothing.</summary>
    public void Deliver(Arrival arrival)
    {
        switch (arrival)
        {
            case TaskCompleted completed when tasks.Remove(completed.Task, out var task):
                task.Source.SetResult(completed.Output);
                break;
            case TaskFailed failed when tasks.Remove(failed.Task, out var task):
                task.Source.SetException(new TaskFailedException(task.Name, failed.Reason));
                break;
            case ActivityFailedForGood failedForGood when tasks.Remove(failedForGood.Task, out var task):
                notToBeRetried.Add(failedForGood.Task);
                task.Source.SetException(new TaskFailedException(task.Name, failedForGood.Reason));
                break;
            case TimerFired fired when tasks.Remove(fired.Task, out var task):
                task.Source.SetResult("");
                break;
            case EventRaised raised:
                events.Deliver(raised);
                break;
        }
    }

    public Task<TOutput> CallActivityAsync<TInput, TOutput>(
        ActivityDescriptor<TInput, TOutput> activity, TInput input, RetryPolicy? retryPolicy = null)
    {
        turns.EnsureInTurn();
        if (retryPolicy is { MaxNumberOfAttempts: < 1 })
            throw new ArgumentOutOfRangeException(nameof(retryPolicy), retryPolicy, "expected at least one attempt");
        var json = MessageLimit.Serialize($"the input of activity '{activity.Name}'", input);
        return CallActivityAsync<TOutput>(activity.Name, json, retryPolicy ?? new RetryPolicy(1, TimeSpan.Zero));
    }

    public Task<TOutput> CallSubOrchestratorAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId)
    {
        turns.EnsureInTurn();
        ArgumentException.ThrowIfNullOrEmpty(instanceId);
        var json = MessageLimit.Serialize($"the input of orchestrator '{orchestrator.Name}'", input);
        return Read<TOutput>(Decide(orchestrator.Name, task => new ChildStarted(task, orchestrator.Name, instanceId, json)));
    }

    public Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        turns.EnsureInTurn();
        if (fireAt.Kind != DateTimeKind.Utc)
            throw new ArgumentException($"expected a time in UTC, got one of kind {fireAt.Kind}", nameof(fireAt));
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled(cancellationToken);

        var number = taskCount;
        var timer = Decide("timer", task => new TimerCreated(task, fireAt));
        cancellationToken.Register(() => CancelTimer(number, cancellationToken));
        return timer;
    }

    public Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default)
    {
        turns.EnsureInTurn();
        ArgumentException.ThrowIfNullOrEmpty(eventName);
        return Read<T>(events.WaitFor(eventName, turns.EnsureInTurn, cancellationToken));
    }

    public void SetCustomStatus<T>(T customStatus)
    {
        turns.EnsureInTurn();
        CustomStatus = MessageLimit.Serialize("the custom status", customStatus);
    }

    public void ContinueAsNew<TInput>(TInput newInput, bool preserveUnprocessedEvents = true)
    {
        turns.EnsureInTurn();
        Continuation = new Continuation(MessageLimit.Serialize("the input to continue with", newInput), preserveUnprocessedEvents);
    }

    public Guid NewGuid()
    {
        turns.EnsureInTurn();
        return DeterministicGuid.Create(identity.InstanceId, identity.Execution, guidCount++);
    }

    public ILogger CreateReplaySafeLogger(string categoryName) =>
        new ReplaySafeLogger(loggers.CreateLogger(categoryName), () => IsReplaying);

    private async Task<TOutput> CallActivityAsync<TOutput>(string name, string input, RetryPolicy retryPolicy)
    {
        for (var attempt = 1; ; attempt++)
        {
            var number = taskCount;
            try
            {
                return await Read<TOutput>(Decide(name, task => new ActivityScheduled(task, name, input)));
            }
            catch (TaskFailedException exception) when (attempt < retryPolicy.MaxNumberOfAttempts && !notToBeRetried.Contains(number))
            {
                var wait = retryPolicy.IntervalBefore(attempt + 1);
                if (!IsReplaying)
                    LogRetry(name, attempt, retryPolicy.MaxNumberOfAttempts, wait, exception.Reason);
                await Decide("wait", task => new TimerCreated(task, CurrentUtcDateTime + wait, wait));
            }
        }
    }

    private void LogRetry(string activity, int attempt, int mostAttempts, TimeSpan wait, string reason) => LogRetry(
        loggers.CreateLogger<OrchestrationContext>(), activity, InstanceId, attempt, mostAttempts, wait.TotalSeconds, reason);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "{Activity} of {InstanceId} failed, attempt {Attempt} of {MostAttempts}; it is tried again in {Seconds} s: {Reason}")]
    private static partial void LogRetry(
        ILogger logger, string activity, string instanceId, int attempt, int mostAttempts, double seconds, string reason);

    private static async Task<T> Read<T>(Task<string> json) => ContractJson.Deserialize<T>(await json);

    private Task<string> Decide(string name, Func<int, Decision> decision)
    {
        decisions.Add(decision(taskCount));
        var source = new TaskCompletionSource<string>();
        tasks.Add(taskCount++, (name, source));
        return source.Task;
    }

    private void CancelTimer(int number, CancellationToken cancellationToken)
    {
        turns.EnsureInTurn();
        if (!tasks.Remove(number, out var timer))
            return;
        decisions.Add(new TimerCancelled(number));
        timer.Source.SetCanceled(cancellationToken);
    }
}

/// <summary>Whose code is run.</summary>
/// <param name="InstanceId">The instance.</param>
/// <param name="Version">The orchestrations' version when it was started.</param>
/// <param name="Execution">Which of its executions: how often it has continued as new.</param>
internal sealed record ExecutionIdentity(string InstanceId, string Version, int Execution);

/// <summary>How the next execution begins.</summary>
/// <param name="Input">Its input.</param>
/// <param name="PreserveUnprocessedEvents">Whether it gets the events that no one has taken.</param>
internal sealed record Continuation(string Input, bool PreserveUnprocessedEvents);
