using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;

namespace FlDurable.ClientActivities;

/// <summary>One client's training, the same loop for every engine.</summary>
/// <param name="task">What to train on, and how.</param>
/// <param name="network">The engine's network with the task's initial parameters; taken over.</param>
internal sealed class TrainingSession(TrainingTask task, IEngineNetwork network) : ITrainingSession
{
    private readonly BatchOrder order = new(task);
    private readonly AugmentedImages? augmented = task.Options.Augmentation is { } augmentation ? new(task, augmentation) : null;
    private readonly int[] places = [.. Enumerable.Range(0, BatchOrder.LargestBatch(task))];

    /// <inheritdoc/>
    public Metrics TrainEpoch(CancellationToken cancellationToken)
    {
        var score = default(Score);
        augmented?.NextEpoch();
        foreach (var batch in order.NextEpoch())
        {
            cancellationToken.ThrowIfCancellationRequested();
            score += augmented is null ? network.Compute(task.Examples, batch) : network.Compute(augmented.Of(batch), places.AsSpan(0, batch.Length));
            network.Step();
            task.Count?.Add(batch.Length);
        }

        return score.ToMetrics();
    }

    /// <inheritdoc/>
    public bool TrySetLearningRate(float learningRate)
    {
        network.SetLearningRate(learningRate);
        return true;
    }

    /// <inheritdoc/>
    public ModelParameters GetParameters() => new(task.Network.Layout, network.GetParameters());

    /// <inheritdoc/>
    public void Dispose() => network.Dispose();
}
