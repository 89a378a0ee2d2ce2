using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Storage;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine;

/// <summary>An engine with its state folder, from opening to closing; on the engine's thread.</summary>
internal sealed class EngineSession : IDisposable
{
    private readonly StateFolderLock folder;
    private readonly SqliteStore store;
    private readonly TimerQueue timers;
    private readonly LiveInstances instances;
    private readonly Engine engine;
    private readonly Action<string> crashPoint;
    private readonly string stateFolder;

    private EngineSession(
        StateFolderLock folder, SqliteStore store, TimerQueue timers, LiveInstances instances, FlightRecorder recorder, Engine engine,
        EmbeddedEngineOptions options)
    {
        this.folder = folder;
        this.store = store;
        this.timers = timers;
        this.instances = instances;
        this.engine = engine;
        Recorder = recorder;
        crashPoint = options.CrashPoint;
        stateFolder = options.StateFolder;
    }

    /// <summary>What runs, for whoever comes after a death. Slots write to it, so that it is not closed with the session.</summary>
    public FlightRecorder Recorder { get; }

    /// <summary>Whether an activity runs or waits, or the end of one is still to be told.</summary>
    public bool AwaitsActivities => engine.UnfinishedActivities > 0;

    /// <summary>When the next timer is due, if there is one.</summary>
    public DateTime? NextTimer => timers.Next;

    /// <exception cref="StateFolderException">The state folder can't be used.</exception>
    public static EngineSession Open(EngineParts parts, Action<Action<Engine>> post, Action<ActivityWork> enqueue)
    {
        var folder = StateFolderLock.Take(parts.Options.StateFolder, parts.Options.Occupation, parts.Time.GetUtcNow());
        try
        {
            var store = SqliteStore.Open(parts.Options.StateFolder, parts.Options.CrashPoint);
            var timers = new TimerQueue(parts.Time, wake: () => post(static _ => { }));
            var instances = new LiveInstances(store, parts.Time, parts.Version, parts.Options.TakesUp);
            var patience = new HostPatience(parts.Options.WaitsForHost);
            var logger = parts.Loggers.CreateLogger<Engine>();
            var damaged = new DamagedInstances(parts.Options.StateFolder, instances, patience, logger);
            var turns = new TurnRunner(
                parts.Orchestrators, parts.Services, parts.Loggers, instances, damaged, timers, enqueue,
                (instance, execution) => post(engine => engine.Refuse(instance, execution)));
            var recorder = FlightRecorder.Open(parts.Options.StateFolder);
            var engine = new Engine(
                store, instances, damaged, turns, timers, recorder, patience, new ClockWatch(parts.Time), logger);
            return new EngineSession(folder, store, timers, instances, recorder, engine, parts.Options);
        }
        catch (SqliteException e)
        {
            folder.Dispose();
            throw StateFolderException.Unreadable(parts.Options.StateFolder, e);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Takes up what is not over.</summary>
    /// <exception cref="StateFolderException">The state can't be read.</exception>
    public void Resume()
    {
        try
        {
            engine.Resume();
        }
        catch (SqliteException e)
        {
            throw StateFolderException.Unreadable(stateFolder, e);
        }

        RunTurnsAndCommit();
    }

    /// <summary>Lets instances act on what has come and makes all of it durable.</summary>
    /// <returns>Whether some have not had their turn yet.</returns>
    public bool RunTurnsAndCommit()
    {
        var more = engine.RunTurns();
        instances.Commit(crashPoint);
        return more;
    }

    public void Do(Action<Engine> message) => message(engine);

    /// <summary>Answers a host, once what it asked for is committed.</summary>
    public void Answer<T>(Func<Engine, T> request, TaskCompletionSource<T> answer)
    {
        try
        {
            var result = request(engine);
            instances.AfterCommit(() => answer.SetResult(result));
        }
        catch (Exception e) when (e is ArgumentException or KeyNotFoundException or OrchestrationVersionException)
        {
            answer.SetException(e);
        }
    }

    public void Dispose()
    {
        timers.Dispose();
        store.Dispose();
        folder.Dispose();
    }
}
