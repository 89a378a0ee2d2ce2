using FlDurable.ClientActivities.Vectors;
using FlDurable.LanesEngine;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using FlDurable.TorchEngine.Tests.Support;

namespace FlDurable.TorchEngine.Tests.Gradients;

public sealed class TrainedGradientTests
{
    private const int Steps = 200;

    public static TheoryData<string> Networks => EngineComparison.Networks;

    [Theory]
    [MemberData(nameof(Networks))]
    public void Loss_and_gradients_are_those_of_Lanes_after_200_steps_of_Lanes(string name)
    {
        var network = new NetworkRegistry().Get(name).Usual;

        EngineComparison.Compare(network, TrainOnLanes(network));
    }

    private static float[] TrainOnLanes(Network network)
    {
        const int batches = 20;
        var examples = NoisyImages.Draw(network, count: EngineComparison.Options.BatchSize * batches, seed: 2);
        using var lanes = LaneNetwork.ForTraining(network, EngineComparison.Options, Machine.WidestLanes!.Value);
        lanes.SetParameters(network.Initialize(2).Values);
        for (var step = 0; step < Steps; step++)
        {
            lanes.Compute(examples, [.. Enumerable.Range(step % batches * EngineComparison.Options.BatchSize, EngineComparison.Options.BatchSize)]);
            lanes.Step();
        }

        return lanes.GetParameters();
    }
}
