using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>One client's training.</summary>
internal sealed class LanesSession : ITrainingSession
{
    private readonly TrainingTask task;
    private readonly BatchOrder order;
    private readonly LaneNetwork network;

    public LanesSession(TrainingTask task, LaneWidth width, LaneBlocks blocks)
    {
        this.task = task;
        order = new BatchOrder(task);
        network = LaneNetwork.ForTraining(task.Network, task.Options, width, blocks);
        network.SetParameters(task.Initial.Values);
    }

    public Metrics TrainEpoch(CancellationToken cancellationToken)
    {
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
