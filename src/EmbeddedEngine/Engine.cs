using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Histories;
using FlDurable.EmbeddedEngine.Instances;
using FlDurable.EmbeddedEngine.Storage;
using FlDurable.EmbeddedEngine.Turns;
using FlDurable.Orchestrator.Durable;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine;

/// <summary>
/// An engine on its state folder, from opening to closing, and what can happen to instances meanwhile. All of it is called on one thread, between
/// two commits; nothing of it is seen outside before the commit.
/// </summary>
internal sealed partial class Engine : IDisposable
{
    // Others wait while turns are run: after so many there is a commit and a look at what has come.
    private const int MaxTurnsPerCommit = 256;

    private readonly EmbeddedEngineOptions options;
    private readonly StateFolderLock folder;
    private readonly SqliteStore store;
    private readonly LiveInstances instances;
    private readonly TurnRunner turns;
    private readonly TimerQueue timers;
    private readonly HostPatience patience;
    private readonly ClockWatch clock;
    private readonly InstanceResumption resumption;
    private readonly ILogger logger;
    private readonly Heartbeat? heartbeat;
    private bool hasToldWaiting;
    private int finishedActivities;

    private Engine(
        EmbeddedEngineOptions options, IServiceProvider services, StateFolderLock folder, Action<Action<Engine>> post, Action<ActivityWork> enqueue)
    {
        var time = services.Time();
        this.options = options;
        this.folder = folder;
        var orchestrators = services.Orchestrators();
        logger = services.Loggers().CreateLogger<Engine>();
        store = SqliteStore.Open(options.StateFolder, options.CrashPoint);
        instances = new LiveInstances(store, time, services.GetRequiredService<OrchestrationVersion>(), options.TakesUp);
        timers = new TimerQueue(time, wake: () => post(static _ => { }));
        patience = new HostPatience(options.WaitsForHost);
        clock = new ClockWatch(time);
        var damaged = new DamagedInstances(options.StateFolder, instances, patience, logger);
        turns = new TurnRunner(
            orchestrators, services, services.Loggers(), instances, damaged, timers, enqueue,
            (instance, execution) => post(engine => engine.Refuse(instance, execution)));
        Recorder = FlightRecorder.Open(options.StateFolder);
        resumption = new InstanceResumption(instances, damaged, turns, Recorder, logger);
        heartbeat = Heartbeat.Begin(options.StateFolder);
    }

    /// <summary>What runs, for whoever comes after a death. Activities' threads write to it, so that it is not closed with the engine.</summary>
    public FlightRecorder Recorder { get; }

    /// <summary>How many activities were handed over to be run and have not been told finished.</summary>
    public int UnfinishedActivities => turns.ActivitiesHandedOver - finishedActivities;

    /// <summary>When the next timer is due, if there is one.</summary>
    public DateTime? NextTimer => timers.Next;

    /// <summary>What can't be done now since the host's disk or storage can't be read or written; null if there is nothing.</summary>
    public string? StorageFailure => timers.WhyStorageFails();

    /// <summary>Takes a state folder.</summary>
    /// <param name="options">Which one, and how it runs.</param>
    /// <param name="services">The host's: orchestrators, and what they need.</param>
    /// <param name="post">Leaves a message for the engine, from any thread.</param>
    /// <param name="enqueue">Hands an activity over to be run.</param>
    /// <exception cref="StateFolderException">It can't be used.</exception>
    public static Engine Open(EmbeddedEngineOptions options, IServiceProvider services, Action<Action<Engine>> post, Action<ActivityWork> enqueue)
    {
        var folder = StateFolderLock.Take(options.StateFolder, options.Occupation, services.Time().GetUtcNow());
        try
        {
            return new Engine(options, services, folder, post, enqueue);
        }
        catch (SqliteException e)
        {
            folder.Dispose();
            throw StateFolderException.Unreadable(options.StateFolder, e);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Goes on with everything that is not over.</summary>
    /// <exception cref="StateFolderException">The state can't be read.</exception>
    public void Resume()
    {
        try
        {
            resumption.Run();
        }
        catch (SqliteException e)
        {
            throw StateFolderException.Unreadable(options.StateFolder, e);
        }

        RunTurnsAndCommit();
    }

    /// <summary>Lets instances act on what has come and makes all of it durable.</summary>
    /// <returns>Whether some have not had their turn yet.</returns>
    public bool RunTurnsAndCommit()
    {
        var more = RunTurns();
        instances.Commit(options.CrashPoint);
        TellWaiting();
        return more;
    }

    /// <summary>Answers a host, once what it asked for is committed.</summary>
    public void Answer<T>(Func<Engine, T> request, TaskCompletionSource<T> answer)
    {
        try
        {
            var result = request(this);
            instances.AfterCommit(() => answer.SetResult(result));
        }
        catch (Exception e) when (e is ArgumentException or KeyNotFoundException or OrchestrationVersionException)
        {
            answer.SetException(e);
        }
    }

    public bool Start(string orchestrator, string input, string instanceId) =>
        instances.TryStart(orchestrator, input, instanceId, parent: null, parentTask: 0);

    public bool RestartFailed(string orchestrator, string input, string instanceId, DateTimeOffset failedAt) =>
        instances.TryRestartFailed(orchestrator, input, instanceId, failedAt);

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
            timers.Hold(work with { Tries = tries }, wait, failure);
        }
        else
        {
            instances.AfterCommit(() => throw new HostFailureException(work.Name, work.Instance.Id, failure.Reason));
        }
    }

    /// <summary>Leaves word, for whoever finds the folder without a process, of what broke the engine.</summary>
    public void TellEnd(Exception exception) => heartbeat?.TellEnd(exception.Message.ReplaceLineEndings(" "));

    /// <summary>An execution's code went on outside of its turns.</summary>
    public void Refuse(Instance instance, Execution execution)
    {
        if (!execution.IsOver)
            turns.End(instance, OrchestrationRuntimeStatus.Failed, output: null, OrchestrationExecution.ForeignAwait);
    }

    public void Dispose()
    {
        timers.Dispose();
        store.Dispose();
        heartbeat?.Dispose();
        folder.Dispose();
    }

    /// <summary>Gives everyone who has something new a turn.</summary>
    /// <returns>Whether some are left for after the next commit.</returns>
    private bool RunTurns()
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

    /// <summary>Lets others see what the host can't do, who have only the folder to look at.</summary>
    private void TellWaiting()
    {
        var waiting = instances.AllSetAside.Concat(timers.AllHeld()).DistinctBy(one => one.Key, StringComparer.Ordinal).ToList();
        if (waiting.Count == 0 && !hasToldWaiting)
            return;
        heartbeat?.Tell(waiting);
        hasToldWaiting = waiting.Count > 0;
    }

    private OrchestrationMetadata WithWaiting(OrchestrationMetadata instance) => instance with
    {
        Waiting = instance.IsOver ? null : instances.WhySetAside(instance.InstanceId) ?? timers.WhyHeld(instance.InstanceId),
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Activity} of {InstanceId} can't be done now; it is tried again in {Seconds} s: {Reason}")]
    private static partial void LogHeld(ILogger logger, string activity, string instanceId, double seconds, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The clock was set back by {Back}; deadlines are dates, and come as much later")]
    private static partial void LogSetBack(ILogger logger, TimeSpan back);
}
