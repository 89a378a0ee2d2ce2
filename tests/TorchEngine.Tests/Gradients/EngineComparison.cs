using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.LanesEngine;
using FlDurable.LanesEngine.Tests.Support;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;
using FlDurable.TorchEngine.Tests.Support;

namespace FlDurable.TorchEngine.Tests.Gradients;

/// <summary>Each engine is the other one's judge: they have not a line of the maths in common.</summary>
internal static class EngineComparison
{
    private const double LossTolerance = 1e-5;
    private const double GradientTolerance = 3e-4;

    // A gradient whose terms cancel out, or that a normalisation of nearly equal values magnifies, is poorly known in single precision.
    // How poorly, parameters tell that differ in their last bit alone. An engine rounds many more numbers than these,
    // which made up to 47 times the difference in 3,700 random networks.
    private const int Roundings = 4;
    private const double RoundingTolerance = 200;

    private static readonly int[] BatchSizes = [1, 7, 16, 31, 32, 33, 64];

    // Images on no kink are found by the definition in double precision, which is slow: of large networks batches end in the second vector.
    private const double ManyMultiplyAdds = 5e6;
    private static readonly int[] BatchSizesOfMany = [1, 7, 16, 17];

    /// <summary>How both train.</summary>
    public static TrainingOptions Options { get; } = new(32, OptimizerKind.Adam, LearningRate: 1e-3f, Momentum: 0, WeightDecay: 0);

    /// <summary>The built-in networks.</summary>
    public static TheoryData<string> Networks => [.. new NetworkRegistry().Names];

    /// <summary>Holds losses and gradients against each other, for batches of many sizes of images that lie on no kink.</summary>
    public static void Compare(Network network, float[] parameters)
    {
        var sizes = network.MultiplyAdds < ManyMultiplyAdds ? BatchSizes : BatchSizesOfMany;
        var examples = SmoothPoints.Choose(network, parameters, sizes.Max(), draw => NoisyImages.Draw(network, 1, seed: draw));

        Assert.NotNull(examples);
        Assert.All(sizes, size => Compare(network, parameters, examples.Value, size));
    }

    /// <summary>Holds the loss and the gradients of one batch against each other.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="examples">Images that lie on no kink.</param>
    /// <param name="batchSize">How many of them.</param>
    public static void Compare(Network network, float[] parameters, ImageExamples examples, int batchSize)
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
        Assert.Equal(expected.Correct, actual.Correct);
        var (laneGradients, torchGradients) = (lanes.GetGradients(), torchNetwork.GetGradients());
        float[][] rounded =
        [
            .. Enumerable.Range(0, Roundings).Select(draw =>
            {
                lanes.SetParameters(RandomCases.RoundedAnew(parameters, draw));
                lanes.Compute(examples, batch);
                return lanes.GetGradients();
            }),
        ];
        foreach (var slot in network.Layout.Tensors)
        {
            var gradients = laneGradients[RangeOf(slot)];
            var largest = gradients.Max(Math.Abs);
            var unknown = rounded.Max(others => LargestDifference(gradients, others[RangeOf(slot)]));
            var difference = LargestDifference(gradients, torchGradients[RangeOf(slot)]);
            Assert.True(
                difference <= GradientTolerance * largest + RoundingTolerance * unknown,
                $"{slot.Name}, batch of {batchSize}: differs by {difference} where the largest is {largest} and rounding moves it by {unknown}");
        }
    }

    private static double LargestDifference(float[] some, float[] others) =>
        some.Zip(others).Max(pair => Math.Abs((double)pair.First - pair.Second));

    private static Range RangeOf(TensorSlot slot) => slot.Offset..(slot.Offset + slot.Length);
}
