using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.Orchestrator.Tests.Support;

/// <summary>
/// The plainest interpretation of the port: activities are functions, children run in place, nothing is recorded. It tests what an
/// orchestrator decides; that it can be replayed is for the engine's tests.
/// </summary>
internal sealed class InlineOrchestration : IOrchestrationContext
{
    private readonly Dictionary<string, Func<object, Task>> activities = new(StringComparer.Ordinal);
    private readonly List<(string Activity, object Input)> calls = [];

    public string InstanceId { get; init; } = "fed";

    public string Version => "1";

    public bool IsReplaying => false;

    public DateTime CurrentUtcDateTime { get; private set; } = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>The calls so far, in order.</summary>
    public IReadOnlyList<(string Activity, object Input)> Calls => calls;

    public object? CustomStatus { get; private set; }

    /// <summary>Every custom status so far.</summary>
    public List<object?> CustomStatuses { get; } = [];

    /// <summary>Every custom status of its children.</summary>
    public List<object?> ChildStatuses { get; } = [];

    /// <summary>Events that have been raised.</summary>
    public Queue<object> Events { get; } = new();

    public List<string> Children { get; } = [];

    private object? ContinuedWith { get; set; }

    public IEnumerable<TInput> CallsOf<TInput, TOutput>(ActivityDescriptor<TInput, TOutput> activity) =>
        calls.Where(call => call.Activity == activity.Name).Select(call => (TInput)call.Input);

    public InlineOrchestration On<TInput, TOutput>(ActivityDescriptor<TInput, TOutput> activity, Func<TInput, TOutput> run)
        where TInput : notnull => OnAsync(activity, input => Task.FromResult(run(input)));

    public InlineOrchestration OnAsync<TInput, TOutput>(ActivityDescriptor<TInput, TOutput> activity, Func<TInput, Task<TOutput>> run)
        where TInput : notnull
    {
        activities[activity.Name] = input => run((TInput)input);
        return this;
    }

    /// <summary>Lets time pass.</summary>
    public void Pass(TimeSpan time) => CurrentUtcDateTime += time;

    /// <summary>Runs to the end, through every continue-as-new.</summary>
    public async Task<TOutput> RunAsync<TInput, TOutput>(IOrchestrator<TInput, TOutput> orchestrator, TInput input)
    {
        while (true)
        {
            ContinuedWith = null;
            var output = await orchestrator.RunAsync(this, input);
            if (ContinuedWith is null)
                return output;
            input = (TInput)ContinuedWith;
        }
    }

    public Task<TOutput> CallActivityAsync<TInput, TOutput>(
        ActivityDescriptor<TInput, TOutput> activity, TInput input, RetryPolicy? retryPolicy = null)
    {
        calls.Add((activity.Name, input!));
        CurrentUtcDateTime = CurrentUtcDateTime.AddSeconds(1);
        try
        {
            return (Task<TOutput>)activities[activity.Name](input!);
        }
        catch (Exception exception) when (exception is not KeyNotFoundException)
        {
            return Task.FromException<TOutput>(new TaskFailedException(activity.Name, exception.Message));
        }
    }

    public async Task<TOutput> CallSubOrchestratorAsync<TInput, TOutput>(
        OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId)
    {
        Children.Add(instanceId);
        object child = orchestrator.Name == Orchestrations.Round.Name ? new RoundOrchestrator() : new LeafOrchestrator();
        try
        {
            return await ((IOrchestrator<TInput, TOutput>)child).RunAsync(new Child(this, instanceId), input);
        }
        catch (Exception exception) when (exception is not KeyNotFoundException)
        {
            throw new TaskFailedException(orchestrator.Name, exception.Message);
        }
    }

    public void SetCustomStatus<T>(T customStatus) => CustomStatuses.Add(CustomStatus = customStatus);

    public void ContinueAsNew<TInput>(TInput newInput, bool preserveUnprocessedEvents = true) => ContinuedWith = newInput;

    public ILogger CreateReplaySafeLogger(string categoryName) => NullLogger.Instance;

    /// <summary>Fires when nothing else can happen any more: the first time that somebody would wait for ever.</summary>
    /// <summary>Whether timers fire, and do so at once.</summary>
    public bool TimersFire { get; set; } = true;

    public async Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        await Task.Yield();
        if (!TimersFire)
            await Task.Delay(Timeout.Infinite, cancellationToken);
        CurrentUtcDateTime = fireAt;
    }

    /// <summary>None comes unless it is in <see cref="Events"/>.</summary>
    public Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default) =>
        Events.TryDequeue(out var next) ? Task.FromResult((T)next) : new TaskCompletionSource<T>().Task.WaitAsync(cancellationToken);

    public Guid NewGuid() => throw new NotSupportedException();

    /// <summary>The same, as a child of an id of its own sees it.</summary>
    private sealed class Child(InlineOrchestration parent, string instanceId) : IOrchestrationContext
    {
        public string InstanceId => instanceId;

        public string Version => parent.Version;

        public bool IsReplaying => parent.IsReplaying;

        public DateTime CurrentUtcDateTime => parent.CurrentUtcDateTime;

        public Task<TOutput> CallActivityAsync<TInput, TOutput>(
            ActivityDescriptor<TInput, TOutput> activity, TInput input, RetryPolicy? retryPolicy = null) => parent.CallActivityAsync(activity, input, retryPolicy);

        public Task<TOutput> CallSubOrchestratorAsync<TInput, TOutput>(
            OrchestratorDescriptor<TInput, TOutput> orchestrator, TInput input, string instanceId) =>
            parent.CallSubOrchestratorAsync(orchestrator, input, instanceId);

        public void SetCustomStatus<T>(T customStatus) => parent.ChildStatuses.Add(customStatus);

        public void ContinueAsNew<TInput>(TInput newInput, bool preserveUnprocessedEvents = true) => throw new NotSupportedException();

        public ILogger CreateReplaySafeLogger(string categoryName) => parent.CreateReplaySafeLogger(categoryName);

        public Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken) => parent.CreateTimer(fireAt, cancellationToken);

        public Task<T> WaitForExternalEvent<T>(string eventName, CancellationToken cancellationToken = default) =>
            parent.WaitForExternalEvent<T>(eventName, cancellationToken);

        public Guid NewGuid() => parent.NewGuid();
    }
}
