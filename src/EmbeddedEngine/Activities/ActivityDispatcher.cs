using FlDurable.EmbeddedEngine.Histories;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;

namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>Runs activities, as many at a time as there are slots, each slot on a thread of its own.</summary>
/// <param name="activities">The registered activities by name.</param>
/// <param name="services">Where they come from.</param>
/// <param name="onDone">
/// Is told on the slot's thread how an activity ended; null when it has no result, because nobody wants it any more or the engine stops.
/// </param>
internal sealed class ActivityDispatcher(
    IReadOnlyDictionary<string, ActivityRegistration> activities, IServiceProvider services, Action<ActivityWork, Arrival?> onDone)
    : IDisposable
{
    /// <summary>An activity during which the process has died so often is not run again.</summary>
    public const int PoisonFromDeaths = 3;

    private const int SuspectFromDeaths = PoisonFromDeaths - 1;

    private readonly FairQueue queue = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> slots = [];

    /// <param name="parallelism">How many slots.</param>
    /// <param name="recorder">Is told what each slot runs.</param>
    public void Start(int parallelism, FlightRecorder recorder)
    {
        for (var slot = 0; slot < parallelism; slot++)
        {
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            slots.Add(ended.Task);
            var number = slot;
            new Thread(() => RunSlot(number, recorder, ended)) { IsBackground = true, Name = $"activity slot {slot}" }.Start();
        }
    }

    public void Enqueue(ActivityWork work)
    {
        if (work.Deaths < SuspectFromDeaths)
            queue.Add(work);
        else
            queue.AddSuspect(work);
    }

    /// <summary>Cancels running activities; they are run again by whoever resumes the state folder.</summary>
    /// <returns>Completes when none runs any more.</returns>
    public Task StopAsync()
    {
        queue.Close();
        stopping.Cancel();
        return Task.WhenAll(slots);
    }

    public void Dispose() => stopping.Dispose();

    private void RunSlot(int slot, FlightRecorder recorder, TaskCompletionSource ended)
    {
        while (queue.Take() is { } work)
        {
            recorder.Begin(slot, work);
            var arrival = work.Execution.IsOver ? null : Run(work);
            recorder.End(slot);
            queue.Finish();
            onDone(work, arrival);
        }

        ended.SetResult();
    }

    private Arrival? Run(ActivityWork work)
    {
        if (!activities.TryGetValue(work.Name, out var activity))
            return new TaskFailed(work.Task, $"no activity named '{work.Name}' is registered in this host");
        try
        {
            var output = ActivitySynchronizationContext.Run(() => activity.RunAsync(services, work.Input, stopping.Token));
            return new TaskCompleted(work.Task, MessageLimit.Check($"the output of activity '{work.Name}'", output));
        }
        catch (Exception e)
        {
            // Whatever an activity throws once it is told to stop may be due to that.
            return stopping.IsCancellationRequested ? null : new TaskFailed(work.Task, FailureReason.Of(e));
        }
    }
}
