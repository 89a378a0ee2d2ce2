using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Randomness;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>One client's training. Each epoch goes on shuffling where the one before it stopped.</summary>
internal sealed class LanesSession : ITrainingSession
{
    private readonly TrainingTask task;
    private readonly RandomStream random;
    private readonly int[] order;
    private readonly LaneNetwork network;

    public LanesSession(TrainingTask task, LaneWidth width)
    {
        this.task = task;
        random = new RandomStream(task.Seed, RandomPurpose.Shuffling, task.Round, task.Client);
        order = [.. Enumerable.Range(0, task.Examples.Count)];
        network = LaneNetwork.ForTraining(task.Network, task.Options, width);
        network.SetParameters(task.Initial.Values);
    }

    public Metrics TrainEpoch(CancellationToken cancellationToken)
    {
        random.Shuffle<int>(order);
        var score = default(Score);
        for (var rest = order.AsSpan(); !rest.IsEmpty;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var batch = rest[..Math.Min(task.Options.BatchSize, rest.Length)];
            rest = rest[batch.Length..];
            score += network.Compute(task.Examples, batch);
            network.Step();
        }

        return score.ToMetrics();
    }

    public ModelParameters GetParameters() => new(task.Network.Layout, network.GetParameters());

    public void Dispose() => network.Dispose();
}
