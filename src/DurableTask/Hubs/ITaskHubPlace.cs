namespace FlDurable.DurableTask.Hubs;

/// <summary>Where a task hub is kept: what Durable Task's service of that kind has no word for.</summary>
internal interface ITaskHubPlace
{
    /// <summary>Makes the hub where it isn't yet.</summary>
    /// <exception cref="TaskHubException">It is there, and was made by other settings; or who uses it may not make it.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);

    /// <summary>Tells the others of a node, or that it still lives.</summary>
    Task AnnounceAsync(HubNode node, CancellationToken cancellationToken);

    /// <summary>Tells the others that a node is gone.</summary>
    Task WithdrawAsync(string node, CancellationToken cancellationToken);

    /// <summary>Removes what is known of nodes that have not told of themselves for so long: they died.</summary>
    Task ForgetAsync(TimeSpan silence, CancellationToken cancellationToken);

    /// <summary>The nodes that have told of themselves within <see cref="NodeWatch.Silence"/>.</summary>
    Task<IReadOnlyList<HubNode>> ReadNodesAsync(CancellationToken cancellationToken);

    /// <summary>The queues; none where a hub has no queues to look at.</summary>
    Task<IReadOnlyList<HubQueue>> ReadQueuesAsync(CancellationToken cancellationToken);

    /// <summary>Waits until an instance's queue has nothing that was sent before now and waits to be read.</summary>
    /// <exception cref="TimeoutException">Nobody reads it.</exception>
    Task DrainAsync(string instanceId, CancellationToken cancellationToken);
}
