using CsCheck;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.LanesEngine.Tests.Support;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.LanesEngine.Tests;

public sealed class PooledConvolutionTests
{
    private static readonly TrainingOptions Options = new(32, OptimizerKind.Sgd, LearningRate: 0.1f, Momentum: 0, WeightDecay: 0);

    private static readonly Gen<Case> Cases =
        from kernel in Gen.Int[1, 8]
        from padding in Gen.Int[0, 5]
        from channels in Gen.OneOf(Gen.Int[1, 9], Gen.Int[16, 40])
        from outChannels in Gen.Int[1, 20]
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

    [Fact]
    public void A_network_that_has_diverged_says_so()
    {
        foreach (var width in Machines.Widths)
        {
            var network = new NetworkRegistry().Get("cifar10-cnn").Usual;
            var parameters = network.Initialize(1);
            parameters.Tensor("conv1.weight")[0] = float.PositiveInfinity;
            using var lanes = LaneNetwork.ForTraining(network, Options, width);
            lanes.SetParameters(parameters.Values);

            var score = lanes.Compute(RandomCases.Examples(network.Input, network.Classes, 32, 1), [.. Enumerable.Range(0, 32)]);

            Assert.False(double.IsFinite(score.Loss));
            Assert.Contains(lanes.GetGradients(), gradient => !float.IsFinite(gradient));
        }
    }

    /// <summary>Those of a batch, then with other parameters those of a smaller one, of which nothing of the first may be left.</summary>
    private static float[][] Gradients(Case test, Layer[] between, LaneWidth width)
    {
        var shape = test.Convolution.OutputShape(test.Input with { Channels = test.Convolution.InChannels });
        Layer[] first = test.Input.Channels == test.Convolution.InChannels ? [] : [new Conv2d("first", test.Input.Channels, test.Convolution.InChannels, 1)];
        Layer[] rectifier = test.Rectify ? [new ReLU(), .. between] : [];
        var network = new Network(
            "pooled", test.Input,
            [
                .. first, test.Convolution, .. between, .. rectifier, new MaxPool2d(2), new Flatten(),
                new Linear("fc", shape.Channels * (shape.Height / 2) * (shape.Width / 2), 3),
            ]);
        using var lanes = LaneNetwork.ForTraining(network, Options, width);
        var examples = RandomCases.Examples(network.Input, network.Classes, test.Batch, test.Seed);
        return [Gradients(test.Batch), Gradients((test.Batch + 1) / 2)];

        float[] Gradients(int batch)
        {
            lanes.SetParameters(network.Initialize(test.Seed + batch).Values);
            lanes.Compute(examples, [.. Enumerable.Range(0, batch)]);
            return lanes.GetGradients();
        }
    }

    private sealed record Case(ImageShape Input, Conv2d Convolution, bool Rectify, int Batch, int Seed);
}
