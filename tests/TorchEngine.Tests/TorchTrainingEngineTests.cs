using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.TorchEngine.Tests.Support;

namespace FlDurable.TorchEngine.Tests;

public sealed class TorchTrainingEngineTests
{
    // Layers may be named as PyTorch names those of nested modules.
    private static readonly Network Small = new("small", new ImageShape(2, 9, 8),
    [
        new Conv2d("features.0", 2, 6, Kernel: 3, Padding: 1), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear("classes", 96, 4),
    ]);

    private static readonly TrainingOptions Adam = new(8, OptimizerKind.Adam, LearningRate: 3e-3f, Momentum: 0, WeightDecay: 0);
    private static readonly TrainingOptions Sgd = new(8, OptimizerKind.Sgd, LearningRate: 0.05f, Momentum: 0.9f, WeightDecay: 1e-3f);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_built_in_network_can_be_run() =>
        Assert.All(new NetworkRegistry().Names, name => Assert.Null(Engines.Torch.WhyNot(new NetworkRegistry().Get(name).Usual)));

    [Fact]
    public void Its_logits_are_those_of_Lanes()
    {
        var examples = NoisyImages.Draw(Small, 301, seed: 3); // several batches, the last one not full
        var parameters = Small.Initialize(seed: 5);
        var (expected, actual) = (new float[examples.Count * examples.Classes], new float[examples.Count * examples.Classes]);

        Engines.Lanes.Evaluate(Small, parameters, examples, expected, Token);
        Engines.Torch.Evaluate(Small, parameters, examples, actual, Token);

        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-5f));
    }

    [Theory]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.Sgd)]
    public void Two_epochs_change_the_parameters_as_they_do_on_Lanes(OptimizerKind optimizer)
    {
        var task = Task(NoisyImages.Draw(Small, 61, seed: 3), optimizer == OptimizerKind.Adam ? Adam : Sgd);

        var (lanes, expected) = Train(Engines.Lanes, task, epochs: 2);
        var (torch, actual) = Train(Engines.Torch, task, epochs: 2);

        // Another order of the images, or another step, would differ by as much as the parameters have changed.
        var changed = Distance(lanes.Values, task.Initial.Values);
        Assert.InRange(Distance(torch.Values, lanes.Values), 0, 1e-3 * changed);
        Assert.Equal(expected.Loss, actual.Loss, 1e-3 * expected.Loss);
        Assert.Equal(expected.Accuracy, actual.Accuracy, 0.05);
    }

    [Theory]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.Sgd)]
    public void What_a_strategy_adds_to_gradients_changes_the_parameters_as_it_does_on_Lanes(OptimizerKind optimizer)
    {
        var task = Task(NoisyImages.Draw(Small, 61, seed: 3), optimizer == OptimizerKind.Adam ? Adam : Sgd);
        var offset = Enumerable.Range(0, Small.Layout.Length).Select(index => (index % 7 - 3) * 0.02f).ToArray();
        var term = new GradientTerm(Proximal: 0.5f, task.Initial.Values.ToArray(), offset);
        var (without, _) = Train(Engines.Lanes, task, epochs: 2);
        task = task with { Options = task.Options with { Term = term } };

        var (lanes, _) = Train(Engines.Lanes, task, epochs: 2);
        var (torch, _) = Train(Engines.Torch, task, epochs: 2);

        Assert.InRange(Distance(lanes.Values, without.Values), 0.1 * Distance(without.Values, task.Initial.Values), double.PositiveInfinity);
        Assert.InRange(Distance(torch.Values, lanes.Values), 0, 1e-3 * Distance(lanes.Values, task.Initial.Values));
    }

    [Fact]
    public void Both_engines_learn_equally_well()
    {
        var network = new NetworkRegistry().Get("cifar10-cnn").Usual;
        var test = NoisyImages.Draw(network, 500, seed: 5);
        var task = new TrainingTask(
            network, network.Initialize(1), NoisyImages.Draw(network, 1000, seed: 4), new(32, OptimizerKind.Adam, 1e-3f, 0, 0), Seed: 1, Round: 1, Client: 0);

        var (lanes, _) = Train(Engines.Lanes, task, epochs: 4);
        var (torch, _) = Train(Engines.Torch, task, epochs: 4);
        var expected = Engines.Lanes.Evaluate(network, lanes, test, Token);
        var actual = Engines.Torch.Evaluate(network, torch, test, Token);

        Assert.InRange(expected.Accuracy, 0.5, 1);
        Assert.Equal(expected.Accuracy, actual.Accuracy, 0.08);
    }

    [Fact]
    public void Pixels_are_normalised_as_on_Lanes()
    {
        var network = new NetworkRegistry().Get("lenet5").Usual.Normalizing(new([0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616]));
        var parameters = network.Initialize(1);
        var examples = NoisyImages.Draw(network, 40, seed: 6);
        var (lanes, torch) = (new float[40 * network.Classes], new float[40 * network.Classes]);

        Engines.Lanes.Evaluate(network, parameters, examples, lanes, Token);
        Engines.Torch.Evaluate(network, parameters, examples, torch, Token);

        for (var index = 0; index < lanes.Length; index++)
            Assert.Equal(lanes[index], torch[index], 1e-5f);
        Assert.NotEqual(Engines.Lanes.Evaluate(network.Normalizing(null), parameters, examples, Token), Engines.Lanes.Evaluate(network, parameters, examples, Token));
    }

    [Fact]
    public void Evaluation_is_that_of_Lanes()
    {
        var examples = NoisyImages.Draw(Small, 300, seed: 6);
        var parameters = Small.Initialize(6);

        var expected = Engines.Lanes.Evaluate(Small, parameters, examples, Token);
        var actual = Engines.Torch.Evaluate(Small, parameters, examples, Token);

        Assert.Equal(expected.Loss, actual.Loss, 1e-5 * expected.Loss);
        Assert.Equal(expected.Accuracy, actual.Accuracy, 1.0 / 300);
    }

    [Fact]
    public async Task Sessions_on_four_threads_at_once_train_as_one_alone()
    {
        var task = Task(NoisyImages.Draw(Small, 200, seed: 7), Adam);
        var (alone, _) = Train(Engines.Torch, task, epochs: 2);

        var together = await System.Threading.Tasks.Task.WhenAll(Enumerable.Range(0, 4).Select(_ => System.Threading.Tasks.Task.Factory.StartNew(
            () => Train(Engines.Torch, task, epochs: 2).Parameters, Token, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        Assert.All(together, parameters => Assert.Equal(0, Distance(parameters.Values, alone.Values), 1e-4));
    }

    [Fact]
    public void Diverged_training_says_so_in_its_metrics()
    {
        var (_, metrics) = Train(Engines.Torch, Task(NoisyImages.Draw(Small, 64, seed: 8), Sgd with { LearningRate = 1e30f }), epochs: 2);
        Assert.False(metrics.AreFinite);
    }

    [Fact]
    public void A_batch_may_be_larger_than_all_examples()
    {
        var (_, metrics) = Train(Engines.Torch, Task(NoisyImages.Draw(Small, 40, seed: 9), Adam with { BatchSize = int.MaxValue }), epochs: 1);
        Assert.True(metrics.AreFinite);
    }

    [Fact]
    public void The_initial_parameters_are_not_changed()
    {
        var task = Task(NoisyImages.Draw(Small, 16, seed: 10), Adam);
        var before = task.Initial.Values.ToArray();

        var (trained, _) = Train(Engines.Torch, task, epochs: 1);

        Assert.Equal(before, task.Initial.Values.ToArray());
        Assert.NotEqual(before, trained.Values.ToArray());
    }

    [Fact]
    public void Cancellation_stops_between_batches()
    {
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        var examples = NoisyImages.Draw(Small, 16, seed: 11);
        using var session = Engines.Torch.StartTraining(Task(examples, Adam));
        Assert.Throws<OperationCanceledException>(() => session.TrainEpoch(cancelled.Token));
        Assert.Throws<OperationCanceledException>(() => Engines.Torch.Evaluate(Small, Small.Initialize(1), examples, cancelled.Token));
    }

    [Fact]
    public void A_session_that_was_given_back_computes_no_more()
    {
        var session = Engines.Torch.StartTraining(Task(NoisyImages.Draw(Small, 16, seed: 12), Adam));
        session.Dispose();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.TrainEpoch(Token));
        Assert.Throws<ObjectDisposedException>(session.GetParameters);
    }

    [Fact]
    public void Examples_that_are_not_the_networks_are_refused()
    {
        var other = new Network("other", new ImageShape(2, 9, 9), [new Flatten(), new Linear("classes", 162, 4)]);
        Assert.Throws<ArgumentException>(() => Engines.Torch.StartTraining(Task(NoisyImages.Draw(other, 4, seed: 13), Adam)));
        Assert.Throws<ArgumentException>(() => Engines.Torch.Evaluate(Small, other.Initialize(1), NoisyImages.Draw(Small, 4, seed: 13), Token));
    }

    [Theory]
    [InlineData("gpu", "FLDURABLE_TORCH_DEVICE is 'gpu', expected cpu, cuda or cuda:N")]
    [InlineData("cuda:x", "FLDURABLE_TORCH_DEVICE is 'cuda:x', expected cpu, cuda or cuda:N")]
    [InlineData("cuda:99", "FLDURABLE_TORCH_DEVICE is 'cuda:99', but TorchSharp finds .* CUDA devices here; .* -p:TorchPackage=")]
    public void A_device_that_is_not_there_is_the_reason(string device, string reason)
    {
        Assert.Null(Engines.Torch.WhyNot(Small));
        Assert.Matches(reason, new TorchTrainingEngine([], device).WhyNot(Small));
    }

    private static TrainingTask Task(ImageExamples examples, TrainingOptions options) =>
        new(Small, Small.Initialize(7), examples, options, Seed: 7, Round: 3, Client: 2);

    private static (Shared.Parameters.ModelParameters Parameters, Metrics Metrics) Train(ITrainingEngine engine, TrainingTask task, int epochs)
    {
        using var session = engine.StartTraining(task);
        Metrics? metrics = null;
        for (var epoch = 0; epoch < epochs; epoch++)
            metrics = session.TrainEpoch(Token);
        return (session.GetParameters(), metrics!);
    }

    private static double Distance(ReadOnlySpan<float> left, ReadOnlySpan<float> right) =>
        System.Numerics.Tensors.TensorPrimitives.Distance(left, right);
}
