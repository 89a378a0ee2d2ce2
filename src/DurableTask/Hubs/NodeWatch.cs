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

    /// <summary>At how many looks in a row a queue must be found unread: more than a dead owner's lease lasts, and a new one takes to begin.</summary>
    internal const int Looks = 10;

    private readonly Dictionary<string, (string What, int Looks)> unread = new(StringComparer.Ordinal);

    /// <summary>Joins the nodes of the hub.</summary>
    /// <exception cref="TaskHubException">A node is there that can't do the same.</exception>
    public async Task JoinAsync(CancellationToken cancellationToken)
    {
        await place.AnnounceAsync(self, cancellationToken); // first: of two that start at once, at least one sees the other
        foreach (var other in await place.ReadNodesAsync(cancellationToken))
        {
            if (self.WhyNotBeside(other) is not { } reason)
                continue;
            await place.WithdrawAsync(self.Name, CancellationToken.None);
            throw new TaskHubException(
                $"{reason}: all nodes of a task hub must be of one build, with the same registrations; stop that node first (one that died is forgotten after {Silence.TotalSeconds:0} s)");
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

    /// <summary>Tells and looks until it is cancelled.</summary>
    /// <exception cref="TaskHubException">This node should end: what it should read is not read.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Interval);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
                await TryLookAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // It is over.
        }
    }

    /// <summary>Tells and looks once.</summary>
    /// <exception cref="TaskHubException">This node should end.</exception>
    internal async Task LookAsync(CancellationToken cancellationToken)
    {
        await place.AnnounceAsync(self, cancellationToken);
        foreach (var queue in await place.ReadQueuesAsync(cancellationToken))
        {
            if (WhatIsUnread(queue) is not { } what)
            {
                unread.Remove(queue.Queue);
                continue;
            }

            var looks = unread.TryGetValue(queue.Queue, out var before) && before.What == what ? before.Looks + 1 : 1;
            unread[queue.Queue] = (what, looks);
            if (looks >= Looks)
                throw new TaskHubException($"nobody reads queue '{queue.Queue}' of the task hub: {what}; this node ends, to be started anew");
        }
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

    private async Task TryLookAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LookAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is not TaskHubException && !cancellationToken.IsCancellationRequested)
        {
            LogNoLook(exception.Message); // what can't be reached now says nothing of who reads it
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The task hub can't be looked at: {Reason}")]
    private partial void LogNoLook(string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The other nodes could not be told that this one ends: {Reason}")]
    private partial void LogNotTold(string reason);
}
