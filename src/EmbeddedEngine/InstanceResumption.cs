using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Instances;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine;

/// <summary>Which of a state folder's instances an engine goes on with, and from where.</summary>
/// <param name="instances">The instances.</param>
/// <param name="damaged">What becomes of those whose history can't be followed.</param>
/// <param name="turns">Goes on with one.</param>
/// <param name="recorder">What ran when the process before died.</param>
/// <param name="logger">Is told what is left as it is, and what begins anew.</param>
internal sealed partial class InstanceResumption(
    LiveInstances instances, DamagedInstances damaged, TurnRunner turns, FlightRecorder recorder, ILogger logger)
{
    /// <summary>Goes on with everything that is not over.</summary>
    public void Run()
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

    /// <summary>
    /// Begins anew what an older version has begun and this one can go on with. What that version had its children do is found done by those that
    /// are started now, or done again.
    /// </summary>
    private void TakeOver()
    {
        // A family is taken over as a whole, or, if the history that its top has is damaged, left as a whole.
        var families = instances.All.Where(instance => instance.Parent is null && IsToBeTakenOver(instance)).ToList();
        var children = instances.All.Where(child => child.Parent is not null && instances.CanTakeOver(child)).ToLookup(child => child.Root);
        foreach (var top in families)
        {
            LogTakenOver(logger, top.Id, top.Version, instances.Version);
            foreach (var child in children[top.Key])
                instances.End(child, OrchestrationRuntimeStatus.Terminated, output: null, $"version {instances.Version} of the orchestrations has begun anew what it was part of");
            instances.TakeOver(top);
        }

        bool IsToBeTakenOver(Instance instance) => instance.Damage is null && instances.IsTakenUp(instance) && instances.CanTakeOver(instance);
    }

    private Dictionary<int, int> Deaths(Instance instance) => recorder.Lost
        .Where(flight => flight.Instance == instance.Key && flight.Execution == instance.Execution.Number)
        .ToDictionary(flight => flight.Task, flight => flight.Deaths);

    [LoggerMessage(Level = LogLevel.Warning, Message =
        "Instance {InstanceId} was started by version {Version} of the orchestrations and stays as it is: this build would replay it differently")]
    private static partial void LogOtherVersion(ILogger logger, string instanceId, string version);

    [LoggerMessage(Level = LogLevel.Information, Message =
        "Instance {InstanceId} was started by version {Version} of the orchestrations and goes on under version {Ours}, from where its execution began")]
    private static partial void LogTakenOver(ILogger logger, string instanceId, string version, string ours);
}
