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
    private readonly FairQueue queue = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly List<Task> slots = [];

    public void Start(int parallelism)
    {
        for (var slot = 0; slot < parallelism; slot++)
        {
            var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            slots.Add(ended.Task);
            new Thread(() => RunSlot(ended)) { IsBackground = true, Name = $"activity slot {slot}" }.Start();
        }
    }

    public void Enqueue(ActivityWork work) => queue.Add(work);

    /// <summary>Cancels running activities; they are run again by whoever resumes the state folder.</summary>
    /// <returns>Completes when none runs any more.</returns>
    public Task StopAsync()
    {
        queue.Close();
        stopping.Cancel();
        return Task.WhenAll(slots);
    }

    public void Dispose() => stopping.Dispose();

    private void RunSlot(TaskCompletionSource ended)
    {
        while (queue.Take() is { } work)
            onDone(work, work.Execution.IsOver ? null : Run(work));
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
