using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Histories;
using FlDurable.EmbeddedEngine.Storage;
using FlDurable.EmbeddedEngine.Turns;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine;

/// <summary>
/// What can happen to instances. All of it is called on one thread, between two commits; nothing of it is seen outside before the commit.
/// </summary>
internal sealed partial class Engine(
    SqliteStore store, LiveInstances instances, TurnRunner turns, TimerQueue timers, FlightRecorder recorder, ILogger logger)
{
    /// <summary>How many activities were handed over to be run and have not been told finished.</summary>
    public int UnfinishedActivities => turns.ActivitiesHandedOver - finishedActivities;

    // Others wait while turns are run: after so many there is a commit and a look at what has come.
    private const int MaxTurnsPerCommit = 256;

    private int finishedActivities;

    /// <summary>Goes on with everything that is not over.</summary>
    public void Resume()
    {
        instances.Load();
        var left = new HashSet<long>();
        foreach (var instance in instances.All)
        {
            if (!instances.IsTakenUp(instance))
            {
                left.Add(instance.Key);
            }
            else if (instances.IsOurs(instance))
            {
                turns.Resume(instance, Deaths(instance));
            }
            else
            {
                left.Add(instance.Key);
                LogOtherVersion(logger, instance.Id, instance.Version);
            }
        }

        instances.AfterCommit(() => recorder.Restart(left));
    }

    /// <summary>Gives everyone who has something new a turn.</summary>
    /// <returns>Whether some are left for after the next commit.</returns>
    public bool RunTurns()
    {
        var now = instances.Now;
        while (timers.TryTakeDue(now, out var due, out var task))
            instances.Finish(due, due.Execution.Number, task, new TimerFired(task));
        for (var turn = 0; turn < MaxTurnsPerCommit && instances.TryTakeReady(out var instance); turn++)
            turns.Run(instance);
        timers.SetAlarm();
        return instances.HasReady;
    }

    public bool Start(string orchestrator, string input, string instanceId) =>
        instances.TryStart(orchestrator, input, instanceId, parent: null, parentTask: 0);

    public void Raise(string instanceId, string eventName, string payload)
    {
        if (instances.TryGet(instanceId, out var instance))
            instances.Append(instance, new EventRaised(eventName, payload));
    }

    public void Terminate(string instanceId, string reason)
    {
        if (instances.TryGet(instanceId, out var instance))
            turns.End(instance, OrchestrationRuntimeStatus.Terminated, output: null, FailureReason.Of(reason));
    }

    public void Suspend(string instanceId)
    {
        if (instances.TryGet(instanceId, out var instance) && instance.Status != OrchestrationRuntimeStatus.Suspended)
            instances.SetStatus(instance, OrchestrationRuntimeStatus.Suspended);
    }

    public void Resume(string instanceId)
    {
        if (!instances.TryGet(instanceId, out var instance) || instance.Status != OrchestrationRuntimeStatus.Suspended)
            return;
        var hasRun = instance.History.LastTurnAt is not null || instance.Execution.Number > 0;
        instances.SetStatus(instance, hasRun ? OrchestrationRuntimeStatus.Running : OrchestrationRuntimeStatus.Pending);
    }

    public bool Purge(string instanceId) => store.TryPurge(instanceId);

    public OrchestrationMetadata? Find(string instanceId) => store.Listing.Find(instanceId);

    public OrchestrationPage List(OrchestrationQuery query) => store.Listing.List(query);

    /// <summary>Completes when an instance is over.</summary>
    /// <exception cref="KeyNotFoundException">There is no such instance.</exception>
    /// <exception cref="OrchestrationVersionException">Another version started it: nothing will happen to it here.</exception>
    public Task WhenOver(string instanceId)
    {
        if (!instances.TryGet(instanceId, out var instance))
            return Find(instanceId) is null ? throw new KeyNotFoundException($"there is no instance '{instanceId}'") : Task.CompletedTask;
        return instances.IsOurs(instance)
            ? instance.Over.Task
            : throw new OrchestrationVersionException(instanceId, instance.Version, instances.Version);
    }

    /// <summary>An activity has ended, with a result or without.</summary>
    public void Finish(ActivityWork work, Arrival? arrival)
    {
        finishedActivities++;
        if (arrival is null)
            return;
        instances.Finish(work.Instance, work.Execution.Number, work.Task, arrival);
        instances.AfterCommit(recorder.NoteProgress);
    }

    /// <summary>An execution's code went on outside of its turns.</summary>
    public void Refuse(Instance instance, Execution execution)
    {
        if (!execution.IsOver)
            turns.End(instance, OrchestrationRuntimeStatus.Failed, output: null, OrchestrationExecution.ForeignAwait);
    }

    private Dictionary<int, int> Deaths(Instance instance) => recorder.Lost
        .Where(flight => flight.Instance == instance.Key && flight.Execution == instance.Execution.Number)
        .ToDictionary(flight => flight.Task, flight => flight.Deaths);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Instance {InstanceId} was started by version {Version} of the orchestrations and stays as it is: this build would replay it differently")]
    private static partial void LogOtherVersion(ILogger logger, string instanceId, string version);
}
