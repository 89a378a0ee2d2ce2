using System.Security.Cryptography;
using System.Text;

namespace FlDurable.DurableTask.Hubs;

/// <summary>A process that works on a hub, as the others know it.</summary>
/// <param name="Name">Its name, which no other has.</param>
/// <param name="Version">The version of its orchestrations.</param>
/// <param name="Abilities">What it can run, each as a kind and a name: <c>activity TrainClient</c>.</param>
public sealed record HubNode(string Name, string Version, IReadOnlyList<string> Abilities)
{
    /// <summary>The same for two nodes just if they can do the same.</summary>
    public string Digest => Convert.ToHexStringLower(
        SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', Abilities.Order(StringComparer.Ordinal)))))[..16];

    /// <summary>
    /// A name for a worker of this process, as the owner of locks too. No other may have it: not one on a machine of the same name, nor one of the same
    /// process id in another container.
    /// </summary>
    internal static string NewName() => $"{Environment.MachineName}-{Environment.ProcessId}-{Guid.CreateVersion7():N}";

    /// <summary>Whether this one has been there for longer. Two nodes find the same, by the last part of a name, which begins with the time.</summary>
    internal bool IsOlderThan(HubNode other) => string.CompareOrdinal(Name[(Name.LastIndexOf('-') + 1)..], other.Name[(other.Name.LastIndexOf('-') + 1)..]) < 0;

    /// <summary>
    /// Why two nodes may not be on one hub: each takes whatever waits, so that nodes of a version must be able to do the same. Nodes of other versions
    /// are left their instances.
    /// </summary>
    /// <returns>What one of them lacks; null if they may.</returns>
    internal string? WhyNotBeside(HubNode other)
    {
        if (other.Version != Version || other.Digest == Digest)
            return null;
        var (lacks, has) = (Missing(other, this), Missing(this, other));
        return $"{(lacks is null ? "" : $"this node lacks {lacks}, which node {other.Name} has")}"
            + $"{(lacks is null || has is null ? "" : "; ")}{(has is null ? "" : $"node {other.Name} lacks {has}, which this node has")}";

        static string? Missing(HubNode of, HubNode on) =>
            of.Abilities.Except(on.Abilities, StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList() is { Count: > 0 } missing ? string.Join(", ", missing) : null;
    }
}

/// <summary>One of a hub's queues, and who reads it.</summary>
/// <param name="Queue">Its name.</param>
/// <param name="Owner">The node that reads it; null if there is none, or if all nodes do.</param>
/// <param name="LeaseEndsIn">How long it may go on without saying that it lives; less than zero if that has passed; null without an owner.</param>
/// <param name="IsShared">Whether all nodes read it.</param>
/// <param name="Messages">About how many messages it has, those that are being handled and timers that wait among them.</param>
/// <param name="OldestWaits">How long ago the first that waits to be read was sent; null if none waits.</param>
public sealed record HubQueue(string Queue, string? Owner, TimeSpan? LeaseEndsIn, bool IsShared, int Messages, TimeSpan? OldestWaits)
{
    /// <summary>The first message that waits and that nobody has read before; null if there is none.</summary>
    internal string? NeverRead { get; init; }
}
