using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Histories;
using FlDurable.EmbeddedEngine.Instances;
using FlDurable.EmbeddedEngine.Storage;
using FlDurable.EmbeddedEngine.Turns;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine;

/// <summary>
/// What can happen to instances. All of it is called on one thread, between two commits; nothing of it is seen outside before the commit.
/// </summary>
internal sealed partial class Engine(
    SqliteStore store, LiveInstances instances, DamagedInstances damaged, TurnRunner turns, TimerQueue timers, FlightRecorder recorder, HostPatience patience,
    ClockWatch clock, ILogger logger)
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
        foreach (var instance in instances.All)
        {
            if (instance.Damage is { } damage && instances.IsTakenUp(instance))
                damaged.Leave(instance, damage);
        }

        TakeOver();
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

        var kept = recorder.Lost.Where(flight => left.Contains(flight.Instance) || instances.Awaits(flight.Instance, flight.Execution, flight.Task)).ToList();
        instances.AfterCommit(() => recorder.Restart(kept));
    }

    /// <summary>Gives everyone who has something new a turn.</summary>
    /// <returns>Whether some are left for after the next commit.</returns>
    public bool RunTurns()
    {
        if (clock.SetBack() is { } back)
            LogSetBack(logger, back);
        while (timers.TryTakeDue(out var due, out var task, out var held))
        {
            if (held is null)
                instances.Finish(due, due.Execution.Number, task, new TimerFired(task));
            else
                turns.HandOver(held);
        }

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

    public OrchestrationMetadata? Find(string instanceId) => store.Listing.Find(instanceId) is { } found ? WithWaiting(found) : null;

    public OrchestrationPage List(OrchestrationQuery query)
    {
        var page = store.Listing.List(query);
        return page with { Instances = [.. page.Instances.Select(WithWaiting)] };
    }

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
    }

    /// <summary>
    /// The host could not do its part of an activity. That is no failure of the activity: it is tried again, or stays as it is when the engine
    /// is out of patience and stops.
    /// </summary>
    public void Hold(ActivityWork work, HostFailure failure)
    {
        finishedActivities++;
        if (!instances.Awaits(work.Instance.Key, work.Execution.Number, work.Task))
            return;
        var tries = work.Tries + 1;
        if (patience.Wait(tries, failure) is { } wait)
        {
            LogHeld(logger, work.Name, work.Instance.Id, wait.TotalSeconds, failure.Reason);
            timers.Hold(work with { Tries = tries }, wait, $"{work.Name}: {failure.Reason}");
        }
        else
        {
            instances.AfterCommit(() => throw new HostFailureException(work.Name, work.Instance.Id, failure.Reason));
        }
    }

    /// <summary>An execution's code went on outside of its turns.</summary>
    public void Refuse(Instance instance, Execution execution)
    {
        if (!execution.IsOver)
            turns.End(instance, OrchestrationRuntimeStatus.Failed, output: null, OrchestrationExecution.ForeignAwait);
    }

    /// <summary>
    /// Begins anew what an older version has begun and this one can go on with. What that version had its children do is found done by those that
    /// are started now, or done again.
    /// </summary>
    private void TakeOver()
    {
        // A family is taken over as a whole, or, if the history that its top has is damaged, left as a whole.
        var families = instances.All.Where(instance => instance.Parent is null && IsToBeTakenOver(instance)).ToList();
        foreach (var top in families)
        {
            LogTakenOver(logger, top.Id, top.Version, instances.Version);
            foreach (var child in instances.All.Where(child => child.Root == top.Key && child.Parent is not null && instances.CanTakeOver(child)).ToList())
                instances.End(child, OrchestrationRuntimeStatus.Terminated, output: null, $"version {instances.Version} of the orchestrations has begun anew what it was part of");
            instances.TakeOver(top);
        }

        bool IsToBeTakenOver(Instance instance) => instance.Damage is null && instances.IsTakenUp(instance) && instances.CanTakeOver(instance);
    }

    private OrchestrationMetadata WithWaiting(OrchestrationMetadata instance) => instance with
    {
        Waiting = instance.IsOver ? null : instances.WhySetAside(instance.InstanceId) ?? timers.WhyHeld(instance.InstanceId),
    };

    private Dictionary<int, int> Deaths(Instance instance) => recorder.Lost
        .Where(flight => flight.Instance == instance.Key && flight.Execution == instance.Execution.Number)
        .ToDictionary(flight => flight.Task, flight => flight.Deaths);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Instance {InstanceId} was started by version {Version} of the orchestrations and stays as it is: this build would replay it differently")]
    private static partial void LogOtherVersion(ILogger logger, string instanceId, string version);

    [LoggerMessage(Level = LogLevel.Information, Message =
        "Instance {InstanceId} was started by version {Version} of the orchestrations and goes on under version {Ours}, from where its execution began")]
    private static partial void LogTakenOver(ILogger logger, string instanceId, string version, string ours);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Activity} of {InstanceId} can't be done now; it is tried again in {Seconds} s: {Reason}")]
    private static partial void LogHeld(ILogger logger, string activity, string instanceId, double seconds, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The clock was set back by {Back}; deadlines are dates, and come as much later")]
    private static partial void LogSetBack(ILogger logger, TimeSpan back);
}
