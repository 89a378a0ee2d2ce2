using FlDurable.EmbeddedEngine.Activities;
using FlDurable.EmbeddedEngine.Instances;
using FlDurable.EmbeddedEngine.Storage;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine;

/// <summary>
/// What becomes of instances whose history, as the database has it, can't be gone on with. That is the host's failure and not theirs: the
/// engine stops, or one that waits for its host leaves the family as it is and goes on with the others.
/// </summary>
internal sealed partial class DamagedInstances(string stateFolder, LiveInstances instances, HostPatience patience, ILogger logger)
{
    /// <summary>Lets nothing more happen to an instance and its family.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="problem">What is wrong.</param>
    public void Leave(Instance instance, string problem)
    {
        var damage = StateFolderException.Damaged(stateFolder, instance.Id, problem);
        if (!instances.SetAside(instance, damage.Message))
            return;
        if (patience.IsEndless)
            LogLeft(logger, instance.RootId, damage.Message);
        else
            instances.AfterCommit(() => throw damage);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{InstanceId} is left as it is: {Damage}")]
    private static partial void LogLeft(ILogger logger, string instanceId, string damage);
}
