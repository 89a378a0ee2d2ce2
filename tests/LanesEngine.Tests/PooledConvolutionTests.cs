using CsCheck;
using FlDurable.ClientActivities;
using FlDurable.LanesEngine.Tests.Support;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine.Tests;

public sealed class PooledConvolutionTests
{
    private static readonly TrainingOptions Options = new(32, OptimizerKind.Sgd, LearningRate: 0.1f, Momentum: 0, WeightDecay: 0);

    private static readonly Gen<Case> Cases =
        from kernel in Gen.Int[1, 7]
        from padding in Gen.Int[0, 3]
        from channels in Gen.OneOf(Gen.Int[1, 9], Gen.Int[16, 33])
        from outChannels in Gen.Int[1, 9]
        from windows in Gen.Select(Gen.Int[1, 18], Gen.Int[1, 18])
        from cropped in Gen.Select(Gen.Bool, Gen.Bool)
        from rectify in Gen.Bool
        from isFirst in Gen.Bool
        from batch in Gen.OneOf([.. RandomCases.BatchSizes, 70])
        from seed in Gen.Int[0, 1_000_000]
        let height = 2 * windows.Item1 + (cropped.Item1 ? 1 : 0) + kernel - 1 - 2 * padding
        let width = 2 * windows.Item2 + (cropped.Item2 ? 1 : 0) + kernel - 1 - 2 * padding
        where height > 0 && width > 0
        select new Case(
            new ImageShape(isFirst ? channels : 2, height, width), new Conv2d("conv", channels, outChannels, kernel, padding, Bias: false), rectify, batch, seed);

    /// <summary>
    /// What the way back leaves out are products with 0. Layers that are not computed together leave nothing out; here a dropout that drops nothing
    /// stands between them. There are no biases, which would be added before pooling in one and after it in the other.
    /// </summary>
    [Fact]
    public void A_convolution_computed_together_with_its_pooling_has_the_gradients_of_both_apart() => Cases.Sample(
        test =>
        {
            foreach (var width in Machines.Widths)
                Assert.Equal(Gradients(test, between: [new Dropout(0)], width), Gradients(test, between: [], width));
        },
        iter: 150);

    private static float[] Gradients(Case test, Layer[] between, ClientActivities.Vectors.LaneWidth width)
    {
        var shape = test.Convolution.OutputShape(test.Input with { Channels = test.Convolution.InChannels });
        var network = new Network(
            "pooled", test.Input,
            [
                .. test.Input.Channels == test.Convolution.InChannels ? [] : (Layer[])[new Conv2d("first", test.Input.Channels, test.Convolution.InChannels, 1, Bias: false)],
                test.Convolution, .. between, .. test.Rectify ? [new ReLU(), .. between] : (Layer[])[], new MaxPool2d(2), new Flatten(),
                new Linear("fc", shape.Channels * (shape.Height / 2) * (shape.Width / 2), 3),
            ]);
        using var lanes = LaneNetwork.ForTraining(network, Options, width);
        lanes.SetParameters(network.Initialize(test.Seed).Values);
        lanes.Compute(RandomCases.Examples(network.Input, network.Classes, test.Batch, test.Seed), [.. Enumerable.Range(0, test.Batch)]);
        return lanes.GetGradients();
    }

    private sealed record Case(ImageShape Input, Conv2d Convolution, bool Rectify, int Batch, int Seed);
}
