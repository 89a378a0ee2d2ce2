using FlDurable.LocalHost.State;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Serve;

/// <summary>
/// Which federations of a state folder a server goes on with: those that it can train. The others would only fail here, and a damaged one
/// is to keep none of the rest from being served; they stay as they are for a machine that can, or for who mends them.
/// </summary>
internal sealed class Resumption
{
    private readonly HashSet<string> left = new(StringComparer.Ordinal);

    /// <summary>Whether a federation is gone on with.</summary>
    public bool TakesUp(string id) => !left.Contains(id);

    /// <summary>Looks at every federation that is not over, before the engine does, and says what becomes of it.</summary>
    public async Task DecideAsync(
        StateReader state, IEngineCatalog engines, NetworkRegistry networks, SpecPackages packages, Action<string> note, CancellationToken cancellationToken)
    {
        foreach (var instance in (await state.ListInstancesAsync(cancellationToken)).Where(instance => !instance.IsOver))
        {
            var id = instance.InstanceId;
            if (await WhyNotAsync(id, state, engines, networks, packages, cancellationToken) is { } reason)
            {
                left.Add(id);
                note($"federation {id} stays stopped: {reason}");
            }
            else
            {
                note($"going on with federation {id}");
            }
        }
    }

    private static async Task<string?> WhyNotAsync(
        string id, StateReader state, IEngineCatalog engines, NetworkRegistry networks, SpecPackages packages, CancellationToken cancellationToken)
    {
        try
        {
            if (await state.FindSpecAsync(id, cancellationToken) is not { } spec)
                return null;
            if (networks.Find(spec) is { } network)
                engines.Resolve(spec.Engine, network, spec.Spec.LargestBatch(), spec.Spec.CentralEvaluation);
            return packages.WhyNot(spec);
        }
        catch (Exception exception) when (exception is InvalidSpecException or NotRegisteredException or ArtifactCorruptException)
        {
            return exception.Message;
        }
    }
}
