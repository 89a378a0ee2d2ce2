using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.LanesEngine;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.TorchEngine.Tests.Support;

namespace FlDurable.TorchEngine.Tests.Gradients;

/// <summary>Each engine is the other one's judge: they have not a line of the maths in common.</summary>
internal static class EngineComparison
{
    private const double LossTolerance = 1e-5;
    private const double GradientTolerance = 3e-4;

    // Gradients of a weight that a normalisation divides out again are 0 but for what rounding leaves of their terms,
    // and those are of the size of the network's other gradients.
    private const double Rounding = 1e-6;

    private static readonly int[] BatchSizes = [1, 7, 16, 31, 32, 33, 64];

    /// <summary>How both train.</summary>
    public static TrainingOptions Options { get; } = new(32, OptimizerKind.Adam, LearningRate: 1e-3f, Momentum: 0, WeightDecay: 0);

    /// <summary>The built-in networks.</summary>
    public static TheoryData<string> Networks => [.. new NetworkRegistry().Names];

    /// <summary>Holds losses and gradients against each other, for batches of many sizes of images that lie on no kink.</summary>
    public static void Compare(Network network, float[] parameters)
    {
        var examples = SmoothPoints.Choose(network, parameters, BatchSizes.Max(), draw => NoisyImages.Draw(network, 1, seed: draw));

        Assert.NotNull(examples);
        Assert.All(BatchSizes, size => Compare(network, parameters, examples.Value, size, slot => [slot.Name]));
    }

    /// <summary>Holds the loss and the gradients of one batch against each other.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="examples">Images that lie on no kink.</param>
    /// <param name="batchSize">How many of them.</param>
    /// <param name="measures">The names of the tensors whose largest gradient a tensor's differences are measured by.</param>
    public static void Compare(
        Network network, float[] parameters, ImageExamples examples, int batchSize, Func<TensorSlot, string[]> measures)
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
        var largestOfAll = laneGradients.Max(Math.Abs);
        foreach (var slot in network.Layout.Tensors)
        {
            var largest = network.Layout.Tensors
                .Where(other => measures(slot).Contains(other.Name))
                .Max(other => laneGradients[RangeOf(other)].Max(Math.Abs));
            var difference = laneGradients[RangeOf(slot)].Zip(torchGradients[RangeOf(slot)]).Max(pair => Math.Abs(pair.First - pair.Second));
            Assert.True(
                difference <= GradientTolerance * largest + Rounding * largestOfAll,
                $"{slot.Name}, batch of {batchSize}: differs by {difference} where the largest is {largest}, and {largestOfAll} in the network");
        }
    }

    private static Range RangeOf(TensorSlot slot) => slot.Offset..(slot.Offset + slot.Length);
}
