using System.Diagnostics.CodeAnalysis;
using FlDurable.EmbeddedEngine.Histories;
using FlDurable.EmbeddedEngine.Instances;
using FlDurable.EmbeddedEngine.Storage;
using FlDurable.Orchestrator.Durable;

namespace FlDurable.EmbeddedEngine;

/// <summary>
/// The instances that are not over, in memory and, by the same calls, in the store. Whoever gets an arrival becomes ready for a turn.
/// </summary>
internal sealed class LiveInstances(SqliteStore store, TimeProvider time, OrchestrationVersion version, Func<string, bool> takesUp)
{
    private readonly Dictionary<string, Instance> byId = new(StringComparer.Ordinal);
    private readonly Dictionary<long, Instance> byKey = [];
    private readonly Queue<Instance> ready = new();
    private readonly List<Action> onCommitted = [];
    private readonly Dictionary<string, string> setAside = new(StringComparer.Ordinal);
    private long lastKey = store.LastKey();

    /// <summary>The time, in UTC.</summary>
    public DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>The version of this build's orchestrations.</summary>
    public string Version => version.Value;

    public IReadOnlyCollection<Instance> All => byKey.Values;

    public bool HasReady => ready.Count > 0;

    /// <summary>Whether this build's code may run an instance.</summary>
    public bool IsOurs(Instance instance) => instance.Version == Version;

    /// <summary>Whether an instance is of a version that this build's takes over.</summary>
    public bool CanTakeOver(Instance instance) => version.CanTakeOver(instance.Version);

    /// <summary>Whether an instance's family is gone on with in this process.</summary>
    public bool IsTakenUp(Instance instance) => takesUp(instance.RootId) && !setAside.ContainsKey(instance.RootId);

    /// <summary>Leaves an instance's family as it is, for as long as this process lives.</summary>
    /// <returns>Whether it was not left already.</returns>
    public bool SetAside(Instance instance, string reason) => setAside.TryAdd(instance.RootId, reason);

    /// <summary>Why the family of a root is left as it is, or null.</summary>
    public string? WhySetAside(string rootId) => setAside.GetValueOrDefault(rootId);

    /// <summary>Every family that is left as it is, by its root's id, and why.</summary>
    public IReadOnlyDictionary<string, string> AllSetAside => setAside;

    /// <summary>Brings back what the store has.</summary>
    public void Load()
    {
        foreach (var instance in store.LoadLive())
        {
            Add(instance);
            MakeReady(instance);
        }
    }

    public bool TryGet(string instanceId, [NotNullWhen(true)] out Instance? instance) => byId.TryGetValue(instanceId, out instance);

    /// <summary>Starts an instance, unless there is or ever was one of its id.</summary>
    public bool TryStart(string orchestrator, string input, string instanceId, Instance? parent, int parentTask)
    {
        if (store.Knows(instanceId))
            return false;
        var key = ++lastKey;
        var instance = new Instance
        {
            Key = key,
            Id = instanceId,
            Orchestrator = orchestrator,
            Version = Version,
            Root = parent?.Root ?? key,
            RootId = parent?.RootId ?? instanceId,
            Parent = parent is null ? null : new ParentTask(parent.Key, parent.Execution.Number, parentTask),
            CreatedAt = Now,
            UpdatedAt = Now,
        };
        store.Insert(instance);
        Add(instance);
        Append(instance, new ExecutionStarted(input));
        return true;
    }

    /// <summary>Brings an instance back that a host started and that failed at that moment, and begins its next execution.</summary>
    public bool TryRestartFailed(string orchestrator, string input, string instanceId, DateTimeOffset failedAt)
    {
        if (store.FindFailed(instanceId) is not { Parent: null } instance || instance.Orchestrator != orchestrator || instance.UpdatedAt != failedAt.UtcDateTime)
            return false;
        (instance.Version, instance.Status, instance.CustomStatus) = (Version, OrchestrationRuntimeStatus.Pending, null);
        Add(instance);
        ContinueAsNew(instance, input, []);
        return true;
    }

    public void Append(Instance instance, HistoryEvent entry)
    {
        if (instance.Damage is not null)
            return; // what is not read to its end has no end to append to
        store.Append(instance, instance.History.Count, entry);
        instance.History.Append(entry);
        MakeReady(instance);
    }

    /// <summary>Appends how a task ended, unless nobody waits for it: it was told before, or its execution is over.</summary>
    public void Finish(Instance instance, int execution, int task, Arrival arrival)
    {
        if (Awaits(instance.Key, execution, task))
            Append(instance, arrival);
    }

    /// <summary>Whether an execution that goes on waits for a task.</summary>
    public bool Awaits(long key, int execution, int task) =>
        byKey.TryGetValue(key, out var instance) && instance.Execution.Number == execution && instance.History.IsOutstanding(task);

    public void SetStatus(Instance instance, OrchestrationRuntimeStatus status)
    {
        instance.Status = status;
        Save(instance);
        MakeReady(instance);
    }

    public void SetCustomStatus(Instance instance, string? customStatus)
    {
        instance.CustomStatus = customStatus;
        Save(instance);
    }

    /// <summary>Begins an instance's next execution, with an empty history.</summary>
    public void ContinueAsNew(Instance instance, string input, IEnumerable<EventRaised> events)
    {
        store.DeleteHistory(instance.Key);
        instance.BeginExecution(instance.Execution.Number + 1);
        Save(instance);
        Append(instance, new ExecutionStarted(input));
        foreach (var raised in events)
            Append(instance, raised);
    }

    /// <summary>Begins an execution of an older version anew, under this build's version, from the input that it had.</summary>
    public void TakeOver(Instance instance)
    {
        var input = instance.History.Events.OfType<ExecutionStarted>().Single().Input;
        instance.Version = Version;
        ContinueAsNew(instance, input, []);
    }

    /// <summary>Ends an instance and tells its parent.</summary>
    public void End(Instance instance, OrchestrationRuntimeStatus status, string? output, string? failure)
    {
        (instance.Output, instance.Failure) = (output, failure);
        SetStatus(instance, status);
        instance.Execution.IsOver = true;
        byId.Remove(instance.Id);
        byKey.Remove(instance.Key);
        AfterCommit(instance.Over.SetResult);
        if (instance.Parent is { } waiting && byKey.TryGetValue(waiting.Key, out var parent))
        {
            Finish(parent, waiting.Execution, waiting.Task, output is null
                ? new TaskFailed(waiting.Task, failure ?? "")
                : new TaskCompleted(waiting.Task, output));
        }
    }

    /// <summary>Takes the next instance that has something new and may go on.</summary>
    public bool TryTakeReady([NotNullWhen(true)] out Instance? instance)
    {
        while (ready.TryDequeue(out instance))
        {
            instance.IsReady = false;
            if (MayRun(instance))
                return true;
        }

        return false;
    }

    /// <summary>Puts off what the world may see only when it can't be lost any more.</summary>
    public void AfterCommit(Action action) => onCommitted.Add(action);

    /// <summary>Makes everything durable, then lets the world see it.</summary>
    public void Commit(Action<string> crashPoint)
    {
        if (store.HasChanges)
        {
            crashPoint(CrashPoints.BeforeCommit);
            store.Commit();
            crashPoint(CrashPoints.AfterCommit);
        }

        foreach (var action in onCommitted)
            action();
        onCommitted.Clear();
    }

    private void Add(Instance instance)
    {
        byId.Add(instance.Id, instance);
        byKey.Add(instance.Key, instance);
    }

    // No two states of an instance are of one time, though its clock be set back: a failure is known by when it was.
    private void Save(Instance instance)
    {
        instance.UpdatedAt = Now > instance.UpdatedAt ? Now : instance.UpdatedAt.AddTicks(1);
        store.Update(instance);
    }

    private void MakeReady(Instance instance)
    {
        if (instance.IsReady || !MayRun(instance))
            return;
        instance.IsReady = true;
        ready.Enqueue(instance);
    }

    private bool MayRun(Instance instance) =>
        IsOurs(instance)
        && IsTakenUp(instance)
        && instance.History.HasNews
        && instance.Status is OrchestrationRuntimeStatus.Pending or OrchestrationRuntimeStatus.Running;
}
