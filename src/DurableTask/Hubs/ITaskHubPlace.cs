namespace FlDurable.DurableTask.Hubs;

/// <summary>Where a task hub is kept: what Durable Task's service of that kind has no word for.</summary>
internal interface ITaskHubPlace
{
    /// <summary>Makes the hub where it isn't yet.</summary>
    /// <exception cref="TaskHubException">It is there, and was made by other settings; or who uses it may not make it.</exception>
    Task PrepareAsync(CancellationToken cancellationToken);
}
