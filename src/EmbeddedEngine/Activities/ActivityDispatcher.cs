using System.Diagnostics.Metrics;
using FlDurable.EmbeddedEngine.Histories;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Storage;

namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>
/// Runs activities, as many at a time as there are slots, each on a thread of its own. As many again may have given their slots back
/// (<see cref="ActivitySlot"/>), and wait for a disk while their successors compute: more would wait for the same disk. What waits for data has threads apart: a drive
/// that does not answer holds up no training.
/// </summary>
/// <param name="activities">The registered activities by name.</param>
/// <param name="services">Where they come from.</param>
/// <param name="suspects">Runs those that may be what kills the process; null where the host has no way to.</param>
/// <param name="onDone">
/// Is told on the activity's thread how it ended; null when it has no result, because nobody wants it any more or the engine stops.
/// </param>
/// <param name="onHostFailure">Is told on the activity's thread that the host could not do its part of one.</param>
internal sealed class ActivityDispatcher(
    IReadOnlyDictionary<string, ActivityRegistration> activities, IServiceProvider services, SuspectRunner? suspects,
    Action<ActivityWork, Arrival?> onDone, Action<ActivityWork, HostFailure> onHostFailure)
    : IDisposable
{
    /// <summary>How many activities may wait for data at a time: each may hold a data set in memory.</summary>
    private const int DataThreads = 4;

    private const string MeterName = "FlDurable";

    private readonly FairQueue queue = new();
    private readonly FairQueue waiting = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> threads = [];
    private readonly Meter meter = new(MeterName);

    /// <param name="parallelism">How many slots.</param>
    /// <param name="recorder">Is told what each thread runs.</param>
    public void Start(int parallelism, FlightRecorder recorder)
    {
        meter.CreateObservableUpDownCounter("fldurable.activities.waiting", () => queue.Count + waiting.Count, "{activity}", "Activities that wait to be begun.");
        var freeSlots = new SemaphoreSlim(parallelism, parallelism);
        StartThreads(2 * parallelism, number => RunAll(number, recorder, freeSlots));
        StartThreads(DataThreads, number => RunAllThatWait(number, recorder));
    }

    public void Enqueue(ActivityWork work) =>
        (activities.TryGetValue(work.Name, out var activity) && activity.WaitsForData ? waiting : queue).Add(work);

    /// <summary>Cancels running activities; they are run again by whoever resumes the state folder.</summary>
    /// <returns>Completes when none runs any more.</returns>
    public Task StopAsync()
    {
        queue.Close();
        waiting.Close();
        stopping.Cancel();
        return Task.WhenAll(threads);
    }

    public void Dispose()
    {
        meter.Dispose();
        stopping.Dispose();
    }

    /// <param name="count">How many.</param>
    /// <param name="run">What each does, told its number among all of them.</param>
    private void StartThreads(int count, Action<int> run)
    {
        for (var index = 0; index < count; index++)
        {
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var number = threads.Count;
            threads.Add(ended.Task);
            var thread = new Thread(() =>
            {
                run(number);
                ended.SetResult();
            });
            (thread.IsBackground, thread.Name) = (true, $"activity {number}");
            thread.Start();
        }
    }

    private void RunAll(int thread, FlightRecorder recorder, SemaphoreSlim freeSlots)
    {
        freeSlots.Wait();
        while (queue.Take() is { } work)
        {
            var slot = ActivitySlot.Begin(() => freeSlots.Release());
            var tell = RunNoted(thread, recorder, work);
            var isGivenBack = !slot.End();
            tell(); // before it waits for a slot, which may take as long as an activity
            if (isGivenBack)
                freeSlots.Wait();
        }

        freeSlots.Release(); // to those that are still to hear that nothing comes any more
    }

    private void RunAllThatWait(int thread, FlightRecorder recorder)
    {
        while (waiting.Take() is { } work)
            RunNoted(thread, recorder, work)();
    }

    /// <summary>Runs an activity, and notes that, before anyone is told how it ended.</summary>
    /// <returns>Tells how it ended.</returns>
    private Action RunNoted(int thread, FlightRecorder recorder, ActivityWork work)
    {
        try
        {
            recorder.Begin(thread, work);
        }
        catch (IOException exception)
        {
            return () => onHostFailure(work, new HostFailure($"it can't be noted that it runs: {exception.Message}", IsForGood: false, IsOfStorage: true));
        }

        Action tell = work.Execution.IsOver ? () => onDone(work, null) : Run(work);
        recorder.End(thread);
        return tell;
    }

    /// <returns>Tells how it ended.</returns>
    private Action Run(ActivityWork work)
    {
        try
        {
            if (!activities.TryGetValue(work.Name, out var activity))
                throw NotRegisteredException.Of("activity", work.Name, activities.Keys);
            var output = MessageLimit.Check(
                $"the output of activity '{work.Name}'", ActivitySynchronizationContext.Run(() => RunAsync(activity, work)));
            return () => onDone(work, new TaskCompleted(work.Task, output));
        }
        catch (Exception e)
        {
            // Whatever an activity throws once it is told to stop may be due to that.
            if (stopping.IsCancellationRequested)
                return () => onDone(work, null);
            var reason = FailureReason.Of(e);
            return FailureKinds.Of(e) switch
            {
                FailureKind.Work => () => onDone(work, new TaskFailed(work.Task, reason)),
                FailureKind.WorkForGood => () => onDone(work, new ActivityFailedForGood(work.Task, reason)),
                var kind => () => onHostFailure(work, new HostFailure(reason, kind == FailureKind.HostForGood, kind == FailureKind.HostForNow && e is ArtifactStoreException or IOException or UnauthorizedAccessException)),
            };
        }
    }

    // What asks this engine for something could do nothing in another process.
    private Task<string> RunAsync(ActivityRegistration activity, ActivityWork work) => work.IsSuspect && suspects is not null && !activity.AsksEngine
        ? activity.RunElsewhereAsync(services, work.Input, () => suspects.RunAsync(activity, work, stopping.Token))
        : activity.RunAsync(services, work.Input, stopping.Token);
}
