using Microsoft.Extensions.Logging;

namespace FlDurable.DurableTask.Hubs;

/// <summary>
/// What a node does beside its work: it tells the others that it lives, and looks whether the hub's queues are read. Durable Task goes on in
/// silence when it has lost the hold of a partition; a node that finds so is to end, for whoever starts nodes to start it anew.
/// </summary>
internal sealed partial class NodeWatch(ITaskHubPlace place, HubNode self, ILogger logger)
{
    /// <summary>How often a node tells that it lives, and looks.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    /// <summary>After how long without a word of it a node is taken to be dead.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(35);

    // Long enough for whoever looks into what became of a node.
    private static readonly TimeSpan Oblivion = TimeSpan.FromDays(1);

    /// <summary>At how many looks in a row a queue must be found unread: more than a dead owner's lease lasts, and a new one takes to begin.</summary>
    internal const int MostUnread = 10;

    private readonly Dictionary<string, (string What, int Looks)> unread = new(StringComparer.Ordinal);

    /// <summary>Joins the nodes of the hub.</summary>
    /// <exception cref="TaskHubException">A node is there that can't do the same.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        await place.AnnounceAsync(self, cancellationToken); // first: of two that start at once, at least one sees the other
        try
        {
            if (await WhyNotHereAsync(cancellationToken) is { } reason)
                throw new TaskHubException(reason);
            await place.ForgetAsync(Oblivion, cancellationToken);
        }
        catch
        {
            await LeaveAsync();
            throw;
        }
    }

    /// <summary>Leaves the nodes of the hub.</summary>
    public async Task LeaveAsync()
    {
        try
        {
            await place.WithdrawAsync(self.Name, CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogNotTold(exception.Message); // the others find out by its silence
        }
    }

    /// <summary>Tells and looks until it is cancelled, or this node should end.</summary>
    /// <returns>Why it should end; null when it was cancelled.</returns>
    public Task<string?> RunAsync(CancellationToken cancellationToken) => Looks().RunAsync(cancellationToken);

    /// <summary>Tells and looks once; what can't be reached now says nothing of who reads it.</summary>
    /// <returns>Why this node should end; null to go on.</returns>
    internal Task<string?> TryLookAsync(CancellationToken cancellationToken) => Looks().TryAsync(cancellationToken);

    private RepeatedLook Looks() => new(LookAsync, LogNoLook);

    private async Task<string?> LookAsync(CancellationToken cancellationToken)
    {
        await place.AnnounceAsync(self, cancellationToken);

        // A node that stood still may have been forgotten, and another have joined meanwhile that can't do the same.
        if (await WhyNotHereAsync(cancellationToken) is { } reason)
            return reason;
        foreach (var queue in await place.ReadQueuesAsync(cancellationToken))
        {
            if (WhatIsUnread(queue) is not { } what)
            {
                unread.Remove(queue.Queue);
                continue;
            }

            var looks = unread.TryGetValue(queue.Queue, out var before) && before.What == what ? before.Looks + 1 : 1;
            unread[queue.Queue] = (what, looks);
            if (looks >= MostUnread)
                return $"nobody reads queue '{queue.Queue}' of the task hub: {what}; this node ends, to be started anew";
        }

        return null;
    }

    /// <summary>Why this node may not be beside those that have been there for longer: of two that differ the newer goes.</summary>
    private async Task<string?> WhyNotHereAsync(CancellationToken cancellationToken)
    {
        foreach (var other in await place.ReadNodesAsync(cancellationToken))
        {
            if (other.IsOlderThan(self) && self.WhyNotBeside(other) is { } reason)
                return $"{reason}: all nodes of a task hub must be of one build, with the same registrations; stop that node first (one that died is forgotten after {Silence.TotalSeconds:0} s)";
        }

        return null;
    }

    /// <summary>Why a queue seems not to be read by who should, if that is this node, or nobody.</summary>
    private string? WhatIsUnread(HubQueue queue)
    {
        if (queue.IsShared)
            return null; // with all nodes busy, activities wait
        if (queue.Owner is null)
            return "it has no owner";
        if (queue.LeaseEndsIn < TimeSpan.Zero)
            return $"its owner {queue.Owner} says nothing";
        return queue.Owner == self.Name && queue.NeverRead is { } message ? $"message {message} waits, and this node is its owner" : null;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The task hub can't be looked at: {Reason}")]
    private partial void LogNoLook(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The other nodes could not be told that this one ends: {Reason}")]
    private partial void LogNotTold(string reason);
}
