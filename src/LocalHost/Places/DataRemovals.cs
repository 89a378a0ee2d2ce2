using FlDurable.Orchestrator.ServerActivities;

namespace FlDurable.LocalHost.Places;

/// <summary>What is being removed of a state folder's data by the process that has it, for this one or a child of it, in which a federation begins.</summary>
internal sealed class DataRemovals(StateFolder state) : IDatasetRemovals
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <inheritdoc/>
    public async Task WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            using var use = DataUse.TryBegin(state);
            if (use is not null)
                return;
            await Task.Delay(Pause, cancellationToken);
        }
    }
}
