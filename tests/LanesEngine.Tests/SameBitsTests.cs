using CsCheck;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.LanesEngine.Tests.Support;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.LanesEngine.Tests;

public sealed class SameBitsTests
{
    private static readonly TrainingOptions Adam = new(32, OptimizerKind.Adam, LearningRate: 1e-3f, Momentum: 0, WeightDecay: 0);

    [Fact]
    public void Random_networks_train_to_the_same_bits_at_both_vector_widths() =>
        RandomCases.Cases.Sample(
            test => Assert.Equal(
                Train(test.Network, Adam with { BatchSize = test.Batch }, 40, test.Seed, LaneWidth.Bits512),
                Train(test.Network, Adam with { BatchSize = test.Batch }, 40, test.Seed, LaneWidth.Bits256)),
            iter: 60);

    [Fact]
    public void What_a_strategy_adds_to_gradients_is_the_same_bits_at_both_vector_widths() =>
        RandomCases.Cases.Sample(
            test =>
            {
                var options = Adam with { BatchSize = test.Batch, Term = TermOf(test.Network, test.Seed) };
                Assert.Equal(
                    Train(test.Network, options, 40, test.Seed, LaneWidth.Bits512), Train(test.Network, options, 40, test.Seed, LaneWidth.Bits256));
            },
            iter: 20);

    [Fact]
    public void Images_that_are_changed_train_to_the_same_bits_at_both_vector_widths()
    {
        var network = new NetworkRegistry().Get("cifar10-cnn").Usual;
        var options = Adam with { Augmentation = new Augmentation(4) };

        Assert.Equal(Train(network, options, 70, 5, LaneWidth.Bits512), Train(network, options, 70, 5, LaneWidth.Bits256));
        Assert.NotEqual(Train(network, options, 70, 5, LaneWidth.Bits256), Train(network, Adam, 70, 5, LaneWidth.Bits256));
    }

    /// <summary>Wherever the engine keeps a parameter, its own number is added: one step differs by the rate times that.</summary>
    [Fact]
    public void Each_parameter_has_its_own_place_in_what_is_added() =>
        RandomCases.Cases.Sample(
            test =>
            {
                var examples = RandomCases.Examples(test.Network.Input, test.Network.Classes, test.Batch, test.Seed);
                var options = new TrainingOptions(test.Batch, OptimizerKind.Sgd, LearningRate: 1, Momentum: 0, WeightDecay: 0);
                var term = TermOf(test.Network, test.Seed);
                var without = Step(options);
                var with = Step(options with { Term = term });
                for (var index = 0; index < with.Length; index++)
                    Assert.Equal(without[index] - term.Offset.Span[index], with[index], 1e-4 * (1 + Math.Abs(without[index])));

                float[] Step(TrainingOptions options)
                {
                    using var session = new LanesTrainingEngine(LaneWidth.Bits512).StartTraining(
                        new TrainingTask(test.Network, test.Network.Initialize(test.Seed), examples, options, test.Seed, Round: 1, Client: 0));
                    session.TrainEpoch(TestContext.Current.CancellationToken);
                    return session.GetParameters().Values.ToArray();
                }
            },
            iter: 40);

    [Theory]
    [InlineData("cifar10-cnn")]
    [InlineData("fedavg-cnn")]
    [InlineData("resnet8-gn")]
    public void Built_in_networks_train_to_the_same_bits_at_both_vector_widths(string name)
    {
        var network = new NetworkRegistry().Get(name).Usual;
        Assert.Equal(Train(network, Adam, 70, 5, LaneWidth.Bits512), Train(network, Adam, 70, 5, LaneWidth.Bits256));
    }

    [Theory]
    [MemberData(nameof(LayerNetworks.Names), MemberType = typeof(LayerNetworks))]
    public void Each_layer_trains_to_the_same_bits_at_both_vector_widths(string name)
    {
        var network = LayerNetworks.Get(name);
        Assert.Equal(Train(network, Adam, 70, 5, LaneWidth.Bits512), Train(network, Adam, 70, 5, LaneWidth.Bits256));
    }

    [Fact]
    public async Task Sessions_on_four_threads_at_once_train_to_the_bits_of_one()
    {
        var network = new NetworkRegistry().Get("cifar10-cnn").Usual;
        var alone = Train(network, Adam, 70, 5, LaneWidth.Bits512);

        var together = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () => Train(network, Adam, 70, 5, LaneWidth.Bits512), TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        Assert.All(together, bits => Assert.Equal(alone, bits));
    }

    [Fact]
    public void An_image_scores_the_same_bits_whichever_images_are_beside_it() =>
        RandomCases.Cases.Sample(test =>
        {
            var examples = RandomCases.Examples(test.Network.Input, test.Network.Classes, test.Batch, test.Seed);
            using var lanes = LaneNetwork.ForEvaluation(test.Network, LaneWidth.Bits512);
            lanes.SetParameters(test.Network.Initialize(test.Seed).Values);
            var together = lanes.Compute(examples, [.. Enumerable.Range(0, test.Batch)]);
            var oneByOne = Enumerable.Range(0, test.Batch).Select(image => lanes.Compute(examples, [image])).ToArray();
            Assert.Equal(oneByOne.Sum(score => score.Loss), together.Loss, 1e-12 * (1 + together.Loss));
            Assert.Equal(oneByOne.Sum(score => score.Correct), together.Correct);
        }, iter: 60);

    private static GradientTerm TermOf(Network network, int seed)
    {
        var random = new Random(seed);
        return new GradientTerm(
            0.3f, network.Initialize(seed).Values.ToArray(),
            Enumerable.Range(0, network.Layout.Length).Select(_ => random.NextSingle() - 0.5f).ToArray());
    }

    private static int[] Train(Network network, TrainingOptions options, int images, int seed, LaneWidth width)
    {
        var examples = RandomCases.Examples(network.Input, network.Classes, images, seed);
        using var session = new LanesTrainingEngine(width).StartTraining(
            new TrainingTask(network, RandomCases.Parameters(network, seed), examples, options, seed, Round: 1, Client: 0));
        session.TrainEpoch(TestContext.Current.CancellationToken);
        session.TrainEpoch(TestContext.Current.CancellationToken);
        return [.. session.GetParameters().Values.ToArray().Select(BitConverter.SingleToInt32Bits)];
    }
}
