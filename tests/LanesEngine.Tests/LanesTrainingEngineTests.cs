using System.Buffers.Binary;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.LanesEngine.Tests.Support;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.LanesEngine.Tests;

public sealed class LanesTrainingEngineTests
{
    private static readonly Network Small = new("small", new ImageShape(1, 6, 6),
    [
        new Conv2d("conv", 1, 4, Kernel: 3), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear("classes", 16, 3),
    ]);

    private static readonly TrainingOptions Adam = new(8, OptimizerKind.Adam, LearningRate: 1e-2f, Momentum: 0, WeightDecay: 0);
    private static readonly TrainingOptions Sgd = new(8, OptimizerKind.Sgd, LearningRate: 0.05f, Momentum: 0.9f, WeightDecay: 1e-4f);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Every_built_in_network_can_be_run() =>
        Assert.All(new NetworkRegistry().Names, name => Assert.Null(new LanesTrainingEngine(LaneWidth.Bits256).WhyNot(new NetworkRegistry().Get(name).Usual)));

    [Fact]
    public void A_machine_without_fused_multiply_add_is_refused_with_the_reason()
    {
        var engine = new LanesTrainingEngine(width: null);
        Assert.Contains("FMA", engine.WhyNot(Small), StringComparison.Ordinal);
        var refusal = Assert.Throws<NotSupportedException>(() => engine.StartTraining(Task(Stripes(8))));
        Assert.Equal(engine.WhyNot(Small), refusal.Message);
    }

    [Fact]
    public void Sets_that_are_evaluated_together_have_the_metrics_that_each_has_alone()
    {
        var parameters = Small.Initialize(seed: 5);
        int[] counts = [5, 1, 16, 17, 31, 32, 33, 3, 70, 2];
        var all = Stripes(counts.Sum());
        var sets = counts.Select((count, index) => all.Slice(counts[..index].Sum(), count)).ToList();
        foreach (var engine in Machines.Widths.Select(width => new LanesTrainingEngine(width)))
        {
            var alone = sets.Select(set => engine.Evaluate(Small, parameters, set, Token)).ToList();

            Assert.Equal(alone, engine.EvaluateEach(Small, parameters, sets, Token));
            Assert.True(alone.Distinct().Count() > 5, "the sets are too much alike to be told apart");
        }

        Assert.Empty(new LanesTrainingEngine().EvaluateEach(Small, parameters, [], Token));
    }

    [Fact]
    public void The_logits_of_an_evaluation_are_those_that_its_metrics_are_of()
    {
        var examples = Stripes(37); // several groups of lanes, the last one not full
        var parameters = Small.Initialize(seed: 5);
        var all = Machines.Widths.Select(width =>
        {
            var logits = new float[examples.Count * examples.Classes];
            var metrics = new LanesTrainingEngine(width).Evaluate(Small, parameters, examples, logits, Token);
            Assert.Equal(new LanesTrainingEngine(width).Evaluate(Small, parameters, examples, Token), metrics);
            return (metrics, logits);
        }).ToList();

        var (expected, measured) = all[0];
        var predictions = new Predictions(examples, measured);
        Assert.Equal(expected.Accuracy, Enumerable.Range(0, examples.Count).Average(image => predictions.Class(image) == predictions.Label(image) ? 1.0 : 0));
        Assert.Equal(expected.Loss, Enumerable.Range(0, examples.Count).Average(image => CrossEntropy(predictions.Logits(image), predictions.Label(image))), 1e-6);
        Assert.All(all, other => Assert.Equal(measured, other.logits));

        static double CrossEntropy(ReadOnlySpan<float> logits, int label)
        {
            var sum = 0.0;
            foreach (var logit in logits)
                sum += Math.Exp(logit);
            return Math.Log(sum) - logits[label];
        }
    }

    /// <summary>Planes of 35 pixels, so that vectors of 16 end within one.</summary>
    [Theory]
    [InlineData(null, null)]
    [InlineData(new[] { 0.5 }, new[] { 0.5 })]
    [InlineData(new[] { 0.25 }, new[] { 0.1 })]
    [InlineData(new[] { 0.4914, 0.4822, 0.4465 }, new[] { 0.247, 0.2435, 0.2616 })]
    [InlineData(new[] { 0.4914, 0.4822, 0.4465 }, new[] { 0.2 })]
    public void Pixels_are_normalised_channel_by_channel_and_usually_from_minus_one_to_one(double[]? mean, double[]? std)
    {
        const int pixels = 3 * 5 * 7;
        var network = new Network("eye", new ImageShape(3, 5, 7), [new Flatten(), new Linear("eye", pixels, pixels)]);
        network = network.Normalizing(mean is null ? null : new PixelNormalization(mean, std!));
        var parameters = new ModelParameters(network.Layout);
        for (var pixel = 0; pixel < pixels; pixel++)
            parameters.Values[pixel * (pixels + 1)] = 1;
        var records = new byte[20 * (1 + pixels)];
        new Random(1).NextBytes(records);
        for (var image = 0; image < 20; image++)
            records[image * (1 + pixels)] = 0;
        var examples = new ImageExamples(records, network.Input, pixels);

        foreach (var width in Machines.Widths)
        {
            var logits = new float[20 * pixels];
            new LanesTrainingEngine(width).Evaluate(network, parameters, examples, logits, Token);

            for (var index = 0; index < logits.Length; index++)
            {
                var (value, channel) = (examples.Pixels(index / pixels)[index % pixels], index % pixels / 35);
                if (mean is null or [0.5])
                    Assert.Equal(MathF.FusedMultiplyAdd(value, 2f / 255f, -1), logits[index]);
                else
                    Assert.Equal(((value / 255.0) - mean[mean.Length == 1 ? 0 : channel]) / std![std.Length == 1 ? 0 : channel], logits[index], 2e-6);
            }
        }
    }

    /// <summary>All parameters are finite, and at one place of a pooling window ∞ − ∞ comes out of the convolutions.</summary>
    public static TheoryData<int, bool> OverflowsInAWindow =>
        new MatrixTheoryData<int, bool>([0, 1, 2, 3], [false, true]);

    [Theory]
    [MemberData(nameof(OverflowsInAWindow))]
    public void What_overflows_anywhere_in_a_pooling_window_shows_in_the_loss(int pixel, bool pooledApart)
    {
        Layer[] between = pooledApart ? [new ReLU(), new ReLU()] : [];
        var network = new Network("overflowing", new ImageShape(1, 2, 2),
        [
            new Conv2d("first", 1, 3, Kernel: 1), new Conv2d("second", 3, 1, Kernel: 1), .. between, new MaxPool2d(2), new Flatten(),
            new Linear("classes", 1, 2),
        ]);
        const float huge = 3e38f;
        var parameters = new ModelParameters(network.Layout, [huge, huge, 0, huge, huge, 0, 1, -1, 0, 0.5f, 1, -1, 0, 0]);
        var record = new byte[1 + 4];
        record[1 + pixel] = 255;

        Assert.All(Machines.Widths, width => Assert.False(
            new LanesTrainingEngine(width).Evaluate(network, parameters, new ImageExamples(record, network.Input, 2), Token).AreFinite));
    }

    [Theory]
    [InlineData(OptimizerKind.Adam)]
    [InlineData(OptimizerKind.Sgd)]
    public void A_small_network_learns_separable_classes(OptimizerKind optimizer)
    {
        var examples = Stripes(150);
        using var session = new LanesTrainingEngine().StartTraining(Task(examples, optimizer == OptimizerKind.Adam ? Adam : Sgd));
        var first = session.TrainEpoch(Token);
        Metrics last = first;
        for (var epoch = 0; epoch < 20; epoch++)
            last = session.TrainEpoch(Token);
        var evaluated = new LanesTrainingEngine().Evaluate(Small, session.GetParameters(), examples, Token);

        Assert.True(last.Loss < 0.2 * first.Loss, $"{first.Loss} → {last.Loss}");
        Assert.Equal(1, evaluated.Accuracy);
    }

    [Fact]
    public void Evaluation_is_the_forward_pass_of_training()
    {
        var examples = Stripes(77);
        var frozen = Sgd with { LearningRate = 0, BatchSize = 77 };
        using var session = new LanesTrainingEngine().StartTraining(Task(examples, frozen));

        var trained = session.TrainEpoch(Token);
        var evaluated = new LanesTrainingEngine().Evaluate(Small, session.GetParameters(), examples, Token);

        // The same losses, added up in another order.
        Assert.Equal(trained.Loss, evaluated.Loss, 1e-13);
        Assert.Equal(trained.Accuracy, evaluated.Accuracy);
    }

    [Fact]
    public void Epochs_follow_one_shuffling_stream_of_the_round_and_the_client()
    {
        const int Images = 21;
        var examples = Stripes(Images);
        var task = Task(examples, Sgd with { BatchSize = 4 }) with { Round = 3, Client = 5 };
        using var session = new LanesTrainingEngine(LaneWidth.Bits256).StartTraining(task);
        session.TrainEpoch(Token);
        session.TrainEpoch(Token);

        var random = new RandomStream(task.Seed, RandomPurpose.Shuffling, round: 3, client: 5);
        int[] order = [.. Enumerable.Range(0, Images)];
        using var byHand = LaneNetwork.ForTraining(Small, task.Options, LaneWidth.Bits256);
        byHand.SetParameters(task.Initial.Values);
        for (var epoch = 0; epoch < 2; epoch++)
        {
            random.Shuffle<int>(order);
            foreach (var batch in order.Chunk(4))
            {
                byHand.Compute(examples, batch);
                byHand.Step();
            }
        }

        Assert.Equal(byHand.GetParameters(), session.GetParameters().Values.ToArray());
    }

    [Fact]
    public void Training_allocates_nothing_by_the_batch()
    {
        var examples = Stripes(64);
        using var session = new LanesTrainingEngine().StartTraining(Task(examples, Adam with { BatchSize = 1 }));
        session.TrainEpoch(Token);
        var before = GC.GetAllocatedBytesForCurrentThread();
        session.TrainEpoch(Token);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 256);
    }

    [Fact]
    public void Diverged_training_says_so_in_its_metrics()
    {
        using var session = new LanesTrainingEngine().StartTraining(Task(Stripes(64), Sgd with { LearningRate = 1e30f }));
        session.TrainEpoch(Token);
        Assert.False(session.TrainEpoch(Token).AreFinite);
    }

    [Fact]
    public void A_batch_may_be_larger_than_all_examples()
    {
        using var session = new LanesTrainingEngine().StartTraining(Task(Stripes(40), Adam with { BatchSize = int.MaxValue }));
        Assert.True(session.TrainEpoch(Token).AreFinite);
    }

    [Fact]
    public void The_initial_parameters_are_not_changed()
    {
        var task = Task(Stripes(16));
        var before = task.Initial.Values.ToArray();
        using var session = new LanesTrainingEngine().StartTraining(task);
        session.TrainEpoch(Token);
        Assert.Equal(before, task.Initial.Values.ToArray());
        Assert.NotEqual(before, session.GetParameters().Values.ToArray());
    }

    [Fact]
    public void The_learning_rate_can_change_between_epochs_and_the_optimizer_keeps_what_it_has()
    {
        var sgd = new TrainingOptions(BatchSize: 16, OptimizerKind.Sgd, LearningRate: 0.1f, Momentum: 0.9f, WeightDecay: 0);
        foreach (var options in (TrainingOptions[])[Adam with { BatchSize = 16 }, sgd])
        {
            var usual = SecondEpoch(options.LearningRate);
            var halved = SecondEpoch(options.LearningRate / 2);

            // All images are one batch: the epoch is one step, along the same direction.
            Assert.Equal(SecondEpoch(null), usual);
            Assert.NotEqual(usual, halved);
            using var first = new LanesTrainingEngine().StartTraining(Task(Stripes(16), options));
            first.TrainEpoch(Token);
            var from = first.GetParameters().Values.ToArray();
            for (var index = 0; index < from.Length; index++)
                Assert.Equal((usual[index] - from[index]) / 2, halved[index] - from[index], 1e-6f);

            float[] SecondEpoch(float? learningRate)
            {
                using var session = new LanesTrainingEngine().StartTraining(Task(Stripes(16), options));
                session.TrainEpoch(Token);
                if (learningRate is { } rate)
                    Assert.True(session.TrySetLearningRate(rate));
                session.TrainEpoch(Token);
                return session.GetParameters().Values.ToArray();
            }
        }
    }

    [Fact]
    public void Images_that_are_chosen_from_others_train_and_are_judged_as_if_they_were_by_themselves()
    {
        var all = Stripes(60);
        var chosen = all.Choose([.. Enumerable.Range(0, 60).Where(image => image % 3 != 1).Reverse()]).Slice(2, 35);
        var apart = new ImageExamples(chosen.Records, chosen.Shape, chosen.Classes);

        Assert.Equal(Trained(apart), Trained(chosen));
        Assert.Equal(Judged(apart), Judged(chosen));

        (Metrics, string) Trained(ImageExamples examples)
        {
            using var session = new LanesTrainingEngine().StartTraining(Task(examples, Adam with { BatchSize = 16 }));
            return (session.TrainEpoch(Token), Convert.ToHexString(Safetensors.Write(session.GetParameters())));
        }

        Metrics Judged(ImageExamples examples) => new LanesTrainingEngine().Evaluate(Small, Small.Initialize(7), examples, Token);
    }

    [Fact]
    public void Rows_of_a_table_that_are_chosen_are_taken_as_they_are()
    {
        const int columns = 3;
        var network = new Network("eye", new ImageShape(columns, 1, 1) { IsTable = true }, [new Flatten(), new Linear("eye", columns, columns)]);
        var parameters = new ModelParameters(network.Layout);
        for (var column = 0; column < columns; column++)
            parameters.Values[column * (columns + 1)] = 1;
        var records = new byte[5 * network.Input.RecordLength];
        for (var number = 0; number < 5 * columns; number++)
            BinaryPrimitives.WriteSingleLittleEndian(records.AsSpan((number / columns * network.Input.RecordLength) + 1 + (number % columns * sizeof(float))), number);
        var logits = new float[2 * columns];

        new LanesTrainingEngine().Evaluate(network, parameters, new ImageExamples(records, network.Input, columns).Choose([4, 1]), logits, Token);

        Assert.Equal<float>([12, 13, 14, 3, 4, 5], logits);
    }

    [Fact]
    public void Cancellation_stops_between_batches()
    {
        using var session = new LanesTrainingEngine().StartTraining(Task(Stripes(16)));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.Throws<OperationCanceledException>(() => session.TrainEpoch(cancelled.Token));
        Assert.Throws<OperationCanceledException>(() =>
            new LanesTrainingEngine().Evaluate(Small, Small.Initialize(1), Stripes(16), cancelled.Token));
    }

    [Fact]
    public void A_session_that_was_given_back_computes_no_more()
    {
        var session = new LanesTrainingEngine().StartTraining(Task(Stripes(16)));
        session.Dispose();
        session.Dispose();
        Assert.Throws<ObjectDisposedException>(() => session.TrainEpoch(Token));
        Assert.Throws<ObjectDisposedException>(session.GetParameters);
    }

    [Fact]
    public void Examples_that_are_not_the_networks_are_refused()
    {
        var engine = new LanesTrainingEngine();
        Assert.Throws<ArgumentException>(() => engine.StartTraining(Task(RandomCases.Examples(new ImageShape(1, 6, 5), 3, 4, 1))));
        Assert.Throws<ArgumentException>(() => engine.StartTraining(Task(RandomCases.Examples(new ImageShape(1, 6, 6), 4, 4, 1))));
        Assert.Throws<ArgumentException>(() => engine.StartTraining(Task(Stripes(0))));
    }

    private static TrainingTask Task(ImageExamples examples, TrainingOptions? options = null) =>
        new(Small, Small.Initialize(7), examples, options ?? Adam, Seed: 7, Round: 1, Client: 2);

    /// <summary>Noise with a bright pair of rows; which pair is the class.</summary>
    private static ImageExamples Stripes(int count)
    {
        var random = new Random(count);
        var records = new byte[count * 37];
        for (var image = 0; image < count; image++)
        {
            var record = records.AsSpan(image * 37, 37);
            record[0] = (byte)random.Next(3);
            for (var pixel = 0; pixel < 36; pixel++)
                record[1 + pixel] = (byte)(random.Next(100) + (pixel / 12 == record[0] ? 150 : 0));
        }

        return new ImageExamples(records, new ImageShape(1, 6, 6), 3);
    }
}
