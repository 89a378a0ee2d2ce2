using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Histories;
using FlDurable.EmbeddedEngine.Instances;
using FlDurable.EmbeddedEngine.Turns;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine;

/// <summary>Gives an instance its turn and does what its code decided.</summary>
/// <param name="orchestrators">The registered orchestrators by name.</param>
/// <param name="services">Where they come from.</param>
/// <param name="loggers">Where they log to.</param>
/// <param name="instances">The instances.</param>
/// <param name="damaged">What becomes of those whose history can't be followed.</param>
/// <param name="timers">The timers.</param>
/// <param name="enqueue">Hands an activity over to be run.</param>
/// <param name="onForeignContinuation">Is called, on any thread, when an execution's code goes on outside of its turns.</param>
internal sealed class TurnRunner(
    IReadOnlyDictionary<string, OrchestratorRegistration> orchestrators, IServiceProvider services, ILoggerFactory loggers,
    LiveInstances instances, DamagedInstances damaged, TimerQueue timers, Action<ActivityWork> enqueue,
    Action<Instance, Execution> onForeignContinuation)
{
    /// <summary>
    /// Up to this length a history is replayed at every turn, which finds nondeterminism at once. A longer one's code goes on from where
    /// it is, or the turns of a large fan-out would cost the square of its size.
    /// </summary>
    private const int LongestReplayedHistory = 100;

    /// <summary>How many activities were handed over to be run.</summary>
    public int ActivitiesHandedOver { get; private set; }

    public void Run(Instance instance)
    {
        if (!TryBringBack(instance, out var code, out var problem))
        {
            // What is the matter with what comes from the database can't be told from damage. Without a restart it is the code's.
            if (instance.IsUntried)
                damaged.Leave(instance, problem!);
            else
                End(instance, OrchestrationRuntimeStatus.Failed, output: null, problem);
            return;
        }

        instance.WasFollowed();

        var news = instance.History.News();
        var now = instances.Now;
        var at = instance.History.LastTurnAt is { } last && last > now ? last : now;
        instances.Append(instance, new TurnStarted(at));
        var outcome = code.RunTurn(at, news);
        foreach (var decision in code.Decisions)
            instances.Append(instance, decision);
        foreach (var decision in code.Decisions)
            Do(instance, decision);

        if (code.CustomStatus != instance.CustomStatus && code.CustomStatus is not null)
            instances.SetCustomStatus(instance, code.CustomStatus);
        Conclude(instance, code, outcome);
    }

    /// <summary>Takes up what an instance had outstanding when the engine was last stopped.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="deaths">How often the process has died during an activity, by its task.</param>
    public void Resume(Instance instance, IReadOnlyDictionary<int, int> deaths)
    {
        // A child goes on by itself.
        foreach (var decision in instance.History.Outstanding.OrderBy(decision => decision.Task).ToList())
        {
            switch (decision)
            {
                case TimerCreated { Wait: { } wait } timer:
                    var left = timer.FireAt - instances.Now; // more than all of it only if the clock was set back
                    timers.AddWait(instance, timer.Task, left < wait ? left : wait);
                    break;
                case TimerCreated timer:
                    timers.AddTimer(instance, timer.Task, timer.FireAt);
                    break;
                case ActivityScheduled activity:
                    HandOver(instance, activity, deaths.GetValueOrDefault(activity.Task));
                    break;
            }
        }
    }

    /// <summary>Hands an activity over to be run.</summary>
    public void HandOver(ActivityWork work)
    {
        ActivitiesHandedOver++;
        instances.AfterCommit(() => enqueue(work));
    }

    /// <summary>Ends an instance with all that it waits for.</summary>
    public void End(Instance instance, OrchestrationRuntimeStatus status, string? output, string? failure)
    {
        ForgetWaits(instance);
        instances.End(instance, status, output, failure);
    }

    private bool TryBringBack(Instance instance, out OrchestrationExecution code, out string? problem)
    {
        code = null!;
        problem = null;
        if (!orchestrators.TryGetValue(instance.Orchestrator, out var orchestrator))
        {
            problem = $"no orchestrator named '{instance.Orchestrator}' is registered in this host";
            return false;
        }

        if (instance.Code is not null)
        {
            code = instance.Code;
            return true;
        }

        var execution = instance.Execution;
        code = new OrchestrationExecution(
            orchestrator, new ExecutionIdentity(instance.Id, instance.Version, execution.Number), services, loggers,
            () => onForeignContinuation(instance, execution));
        if (code.Replay(instance.History.Turns()) is { } mismatch)
            problem = $"the code of orchestrator '{instance.Orchestrator}' does not follow its history: {mismatch}";
        return problem is null;
    }

    private void Do(Instance instance, Decision decision)
    {
        switch (decision)
        {
            case ActivityScheduled activity:
                HandOver(instance, activity, deaths: 0);
                break;
            case ChildStarted child:
                if (!instances.TryStart(child.Name, child.Input, child.InstanceId, instance, child.Task))
                    instances.Append(instance, new TaskFailed(child.Task, $"there is or was an instance '{child.InstanceId}' already"));
                break;
            case TimerCreated { Wait: { } wait } timer:
                timers.AddWait(instance, timer.Task, wait);
                break;
            case TimerCreated timer:
                timers.AddTimer(instance, timer.Task, timer.FireAt);
                break;
            case TimerCancelled timer:
                timers.Remove(instance.Execution, timer.Task);
                break;
        }
    }

    private void HandOver(Instance instance, ActivityScheduled activity, int deaths) => HandOver(new ActivityWork(
        instance, instance.Execution, activity.Task, instance.History.TurnOf(activity.Task), activity.Name, activity.Input, deaths));

    private void Conclude(Instance instance, OrchestrationExecution code, TurnOutcome outcome)
    {
        switch (outcome)
        {
            case TurnOutcome.Completed completed:
                End(instance, OrchestrationRuntimeStatus.Completed, completed.Output, failure: null);
                break;
            case TurnOutcome.Failed failed:
                End(instance, OrchestrationRuntimeStatus.Failed, output: null, failed.Reason);
                break;
            case TurnOutcome.ContinuedAsNew next:
                ForgetWaits(instance);
                instances.ContinueAsNew(instance, next.Input, next.Events);
                break;
            default:
                instance.Code = instance.History.Count > LongestReplayedHistory ? code : null;
                if (instance.Status == OrchestrationRuntimeStatus.Pending)
                    instances.SetStatus(instance, OrchestrationRuntimeStatus.Running);
                break;
        }
    }

    private void ForgetWaits(Instance instance)
    {
        foreach (var outstanding in instance.History.Outstanding)
            timers.Remove(instance.Execution, outstanding.Task);
    }
}
