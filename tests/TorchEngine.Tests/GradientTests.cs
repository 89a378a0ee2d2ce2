using CsCheck;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Lanes;
using FlDurable.ClientActivities.Tests.Lanes;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.TorchEngine.Tests.Support;

namespace FlDurable.TorchEngine.Tests;

/// <summary>Each engine is the other one's judge: they have not a line of the maths in common.</summary>
public sealed class GradientTests
{
    private const double LossTolerance = 1e-5;
    private const double GradientTolerance = 3e-4;
    private const int Steps = 200;

    private static readonly int[] BatchSizes = [1, 7, 16, 31, 32, 33, 64];

    private static readonly TrainingOptions Options = new(32, OptimizerKind.Adam, LearningRate: 1e-3f, Momentum: 0, WeightDecay: 0);

    public static TheoryData<string> BuiltIn => [.. new NetworkRegistry().Names];

    [Theory]
    [MemberData(nameof(BuiltIn))]
    public void Loss_and_gradients_are_those_of_Lanes_at_initialisation(string name)
    {
        var network = new NetworkRegistry().Get(name);
        var parameters = network.Initialize(1).Values.ToArray();
        var examples = SmoothPoints.Choose(network, parameters, BatchSizes.Max(), draw => NoisyImages.Draw(network, 1, seed: draw));

        Assert.NotNull(examples);
        Assert.All(BatchSizes, size => Compare(network, parameters, examples.Value, size));
    }

    [Theory]
    [MemberData(nameof(BuiltIn))]
    public void Loss_and_gradients_are_those_of_Lanes_after_200_steps_of_Lanes(string name)
    {
        var network = new NetworkRegistry().Get(name);
        var parameters = TrainOnLanes(network);
        var examples = SmoothPoints.Choose(network, parameters, BatchSizes.Max(), draw => NoisyImages.Draw(network, 1, seed: draw));

        Assert.NotNull(examples);
        Assert.All(BatchSizes, size => Compare(network, parameters, examples.Value, size));
    }

    [Fact]
    public void Loss_and_gradients_of_random_networks_are_those_of_Lanes() => RandomCases.Cases.Sample(
        test =>
        {
            var (network, batch, seed) = test;
            var parameters = network.Initialize(seed).Values.ToArray();
            var examples = SmoothPoints.Choose(
                network, parameters, batch, draw => RandomCases.Examples(network.Input, network.Classes, 1, seed + draw));
            if (examples is not null)
                Compare(network, parameters, examples.Value, batch);
        },
        iter: 100);

    private static float[] TrainOnLanes(Network network)
    {
        const int batches = 20;
        var examples = NoisyImages.Draw(network, count: Options.BatchSize * batches, seed: 2);
        using var lanes = LaneNetwork.ForTraining(network, Options, Machine.WidestLanes!.Value);
        lanes.SetParameters(network.Initialize(2).Values);
        for (var step = 0; step < Steps; step++)
        {
            lanes.Compute(examples, [.. Enumerable.Range(step % batches * Options.BatchSize, Options.BatchSize)]);
            lanes.Step();
        }

        return lanes.GetParameters();
    }

    private static void Compare(Network network, float[] parameters, ImageExamples examples, int batchSize)
    {
        Engines.ComputeOnThisThreadAlone();
        int[] batch = [.. Enumerable.Range(0, batchSize)];
        using var lanes = LaneNetwork.ForTraining(network, Options, Machine.WidestLanes!.Value);
        lanes.SetParameters(parameters);
        var expected = lanes.Compute(examples, batch);
        using var torchNetwork = Engines.Torch.CreateNetwork(network, batchSize, Options);
        torchNetwork.SetParameters(parameters);
        var actual = torchNetwork.Compute(examples, batch);

        Assert.Equal(expected.Images, actual.Images);
        Assert.Equal(expected.Loss, actual.Loss, LossTolerance * expected.Loss);
        Assert.InRange(actual.Correct, expected.Correct - 1, expected.Correct + 1); // two logits may be as good as equal
        var (laneGradients, torchGradients) = (lanes.GetGradients(), torchNetwork.GetGradients());
        foreach (var slot in network.Layout.Tensors)
        {
            var range = slot.Offset..(slot.Offset + slot.Length);
            var largest = laneGradients[range].Max(Math.Abs);
            var difference = laneGradients[range].Zip(torchGradients[range]).Max(pair => Math.Abs(pair.First - pair.Second));
            Assert.True(
                difference <= GradientTolerance * largest,
                $"{slot.Name}, batch of {batchSize}: differs by {difference} where the largest is {largest}");
        }
    }
}
