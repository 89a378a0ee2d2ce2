using FlDurable.ClientActivities.Vectors;
using FlDurable.LanesEngine;
using FlDurable.TorchEngine;

namespace FlDurable.Bench.Training;

/// <summary>One training step of an engine, taken apart.</summary>
/// <param name="Parts">Its parts, in order.</param>
/// <param name="Images">Images that they compute.</param>
/// <param name="Network">What computes them.</param>
internal sealed record TimedSteps(IReadOnlyList<StepPart> Parts, int Images, IDisposable Network) : IDisposable
{
    /// <summary>Lanes, stage by stage. Of a large batch one slice is looked at: the others are the same.</summary>
    public static TimedSteps OfLanes(TrainingCase given, LaneWidth width)
    {
        int[] batch = [.. Enumerable.Range(0, Math.Min(given.BatchSize, BatchSlice.Images))];
        var network = LaneNetwork.ForTraining(given.Network, given.Options, width);
        network.SetParameters(given.Parameters.Values);
        return new([.. network.PartsOfStep(given.Examples, batch)], batch.Length, network);
    }

    /// <summary>Torch, as far as it can be looked into from outside.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="given">What to train.</param>
    /// <param name="multiplyAdds">Of an image, forward and back.</param>
    public static TimedSteps OfTorch(TorchTrainingEngine engine, TrainingCase given, double multiplyAdds)
    {
        int[] batch = [.. Enumerable.Range(0, given.BatchSize)];
        var network = engine.CreateNetwork(given.Network, given.BatchSize, given.Options);
        network.SetParameters(given.Parameters.Values);
        return new(
            [
                new("input, loss and gradients", multiplyAdds, () => network.Compute(given.Examples, batch)),
                new("optimizer", 0, network.Step),
            ],
            batch.Length,
            network);
    }

    public void Dispose() => Network.Dispose();
}
