using FlDurable.ClientActivities;
using FlDurable.LanesEngine.Tests.Support;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.TorchEngine.Tests.Support;

namespace FlDurable.TorchEngine.Tests;

public sealed class BatchNormTests
{
    private static readonly TrainingOptions Sgd = new(8, OptimizerKind.Sgd, LearningRate: 0.1f, Momentum: 0.9f, WeightDecay: 0.1f);

    // No rectifier and no maximum: every loss has a derivative.
    private static readonly Network Smooth = new(
        "smooth", new ImageShape(2, 5, 4),
        [
            new Conv2d("conv", 2, 4, 3, Padding: 1, Bias: false), new BatchNorm2d("norm1", 4),
            new Residual("block", [new Conv2d("block.conv", 4, 4, 3, Padding: 1), new BatchNorm2d("block.norm", 4, Momentum: 0.3)], []),
            new GlobalAvgPool2d(), new BatchNorm2d("norm2", 4), new Flatten(), new Linear("fc", 4, 3),
        ]);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(33)]
    public void Loss_and_gradients_are_those_of_the_definition_by_finite_differences(int batch)
    {
        const double Step = 1e-6;
        Engines.ComputeOnThisThreadAlone();
        var examples = RandomCases.Examples(Smooth.Input, Smooth.Classes, batch, seed: batch);
        int[] images = [.. Enumerable.Range(0, batch)];
        var parameters = RandomCases.Parameters(Smooth, 3);
        double[] values = [.. parameters.Values.ToArray().Select(value => (double)value)];
        var reference = new ReferenceNetwork(Smooth, values);
        using var network = Engines.Torch.CreateNetwork(Smooth, batch, Sgd);
        network.SetParameters(parameters.Values);

        var score = network.Compute(examples, images);

        Assert.Equal(reference.MeanLoss(examples, images), score.Loss / batch, 1e-5);
        var gradients = network.GetGradients();
        foreach (var tensor in Smooth.Layout.Tensors.Where(tensor => tensor.IsTrained))
        {
            var largest = gradients.AsSpan(tensor.Offset, tensor.Length).ToArray().Max(Math.Abs);
            for (var index = tensor.Offset; index < tensor.Offset + tensor.Length; index += 5)
            {
                var center = values[index];
                values[index] = center + Step;
                var above = reference.MeanLoss(examples, images);
                values[index] = center - Step;
                var below = reference.MeanLoss(examples, images);
                values[index] = center;
                Assert.Equal((above - below) / (2 * Step), gradients[index], 1e-3 * Math.Max(largest, 1e-2));
            }
        }
    }

    [Fact]
    public void Running_statistics_are_moved_by_the_batchs_mean_and_unbiased_variance_and_by_no_optimizer()
    {
        const double Momentum = 0.3;
        var network = new Network(
            "n", new ImageShape(2, 2, 2), [new BatchNorm2d("norm", 2, Momentum), new Flatten(), new Linear("fc", 8, 2)]);
        var examples = RandomCases.Examples(network.Input, network.Classes, 6, seed: 1);
        using var session = Engines.Torch.StartTraining(Task(network, examples, Sgd with { BatchSize = 6 }));

        session.TrainEpoch(Token);

        var trained = session.GetParameters();
        for (var channel = 0; channel < 2; channel++)
        {
            double[] pixels = [.. Enumerable.Range(0, 6).SelectMany(image => examples.Pixels(image).Slice(4 * channel, 4).ToArray()).Select(pixel => (pixel / 255.0 - 0.5) / 0.5)];
            var mean = pixels.Average();
            var variance = pixels.Sum(pixel => (pixel - mean) * (pixel - mean)) / (pixels.Length - 1);
            Assert.Equal(Momentum * mean, trained.Tensor("norm.running_mean")[channel], 1e-6);
            Assert.Equal(1 - Momentum + Momentum * variance, trained.Tensor("norm.running_var")[channel], 1e-6);
        }
    }

    [Fact]
    public void Evaluation_takes_the_running_statistics_and_changes_nothing()
    {
        var network = new Network("n", new ImageShape(1, 1, 2), [new BatchNorm2d("norm", 1), new Flatten(), new Linear("fc", 2, 2, Bias: false)]);
        var parameters = network.Initialize(1);
        parameters.Tensor("norm.running_mean")[0] = 0.5f;
        parameters.Tensor("norm.running_var")[0] = 4;
        ((ReadOnlySpan<float>)[1, 0, 0, 0]).CopyTo(parameters.Tensor("fc.weight"));
        var white = new ImageExamples(new byte[] { 0, 255, 255 }, network.Input, 2);

        var metrics = Engines.Torch.Evaluate(network, parameters, white, Token);

        Assert.Equal(Math.Log(1 + Math.Exp(-0.25)), metrics.Loss, 1e-5); // the logit is (1 − 0.5) / 2
    }

    [Fact]
    public void A_last_batch_of_one_joins_the_batch_before_it()
    {
        var examples = RandomCases.Examples(Smooth.Input, Smooth.Classes, 9, seed: 4);
        using var session = Engines.Torch.StartTraining(Task(Smooth, examples, Sgd));
        using var whole = Engines.Torch.StartTraining(Task(Smooth, examples, Sgd with { BatchSize = 9 }));

        session.TrainEpoch(Token);
        whole.TrainEpoch(Token);

        Assert.Equal(whole.GetParameters().Values.ToArray(), session.GetParameters().Values.ToArray());
    }

    [Theory]
    [InlineData(1, 8)]
    [InlineData(9, 1)]
    public void A_batch_of_one_is_refused_where_a_channel_has_one_value(int images, int batchSize)
    {
        var examples = RandomCases.Examples(Smooth.Input, Smooth.Classes, images, seed: 4);

        var error = Assert.Throws<NotSupportedException>(() => Engines.Torch.StartTraining(Task(Smooth, examples, Sgd with { BatchSize = batchSize })));

        Assert.StartsWith("batch normalisation norm2 has one value a channel in a batch of one image", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Lanes_leaves_batch_normalisation_to_Torch()
    {
        Assert.Contains("batchnorm2d", Engines.Lanes.WhyNot(Smooth), StringComparison.Ordinal);
        Assert.Equal("torch", new TrainingEngines([Engines.Lanes, Engines.Torch]).Resolve("auto", Smooth, largestBatch: 32));
    }

    private static TrainingTask Task(Network network, ImageExamples examples, TrainingOptions options) =>
        new(network, network.Initialize(3), examples, options, Seed: 3, Round: 1, Client: 0);
}
