using FlDurable.ClientActivities;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;
using TorchSharp;

namespace FlDurable.TorchEngine;

/// <summary>One client's training.</summary>
internal sealed class TorchSession(TrainingTask task, TorchNetwork network) : ITrainingSession
{
    private readonly BatchOrder order = new(task);

    public Metrics TrainEpoch(CancellationToken cancellationToken)
    {
        torch.set_num_threads(1); // of this thread's own
        var score = default(Score);
        foreach (var batch in order.NextEpoch())
        {
            cancellationToken.ThrowIfCancellationRequested();
            score += network.Compute(task.Examples, batch);
            network.Step();
        }

        return score.ToMetrics();
    }

    public ModelParameters GetParameters() => new(task.Network.Layout, network.GetParameters());

    public void Dispose() => network.Dispose();
}
