namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>
/// The removal of partitioned data that no federation uses, at a host that does it while federations begin. A federation first keeps which data it has, and then waits for the removal
/// that goes on: a later one finds that it has it.
/// </summary>
public interface IDatasetRemovals
{
    /// <summary>Waits until nothing is being removed.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    Task WaitAsync(CancellationToken cancellationToken);
}
