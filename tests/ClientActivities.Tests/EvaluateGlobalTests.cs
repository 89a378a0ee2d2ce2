using System.Collections.Concurrent;
using FlDurable.ClientActivities.Tests.Support;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities.Tests;

public sealed class EvaluateGlobalTests : IDisposable
{
    private const int Images = (2 * CentralEvaluation.ImagesAPart) + 100;

    private static readonly Network Tiny = new("tiny", new ImageShape(1, 1, 1), [new Linear("fc", 1, 2)]);

    private readonly string root = Directory.CreateTempSubdirectory("fldurable-evaluate-").FullName;
    private readonly ScriptedEngine engine = new();
    private readonly IArtifactStore store;

    public EvaluateGlobalTests() => store = ArtifactAccounts.None.Join(new FileArtifactStore(root));

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task The_metrics_are_means_over_all_images_each_judged_once()
    {
        var judged = new ConcurrentBag<int>();
        engine.Judge = examples =>
        {
            judged.Add(examples.Count);
            return new Metrics(examples.Count, Accuracy: 0.5);
        };

        var metrics = await EvaluateAsync(threads: 2);

        Assert.Equal([100, CentralEvaluation.ImagesAPart, CentralEvaluation.ImagesAPart], judged.Order());
        var squares = (2.0 * CentralEvaluation.ImagesAPart * CentralEvaluation.ImagesAPart) + (100.0 * 100.0);
        Assert.Equal(new Metrics(squares / Images, 0.5), metrics.Metrics);
    }

    [Fact]
    public async Task The_hosts_own_metrics_see_every_image_with_its_logits_once()
    {
        var evaluated = await EvaluateAsync(threads: 3, metrics: [new Scripted("seen", seen => seen.Count), new Scripted("own", seen =>
            Enumerable.Range(0, seen.Count).Count(image => seen.Logits(image)[0] == seen.Label(image))), new Scripted("none", _ => double.NaN)]);

        Assert.Equal(new Dictionary<string, double> { ["own"] = Images, ["seen"] = Images }, evaluated.Metrics!.Additional);
    }

    [Fact]
    public async Task Made_up_images_are_measured_by_no_metric_of_the_host() =>
        await EvaluateAsync(threads: 1, onMadeUpImages: true, metrics: [new Scripted("own", _ => throw new InvalidOperationException("measured"))]);

    [Fact]
    public void An_engine_that_tells_no_logits_is_named()
    {
        ITrainingEngine mute = new Mute();

        var exception = Assert.Throws<NotSupportedException>(() => mute.Evaluate(Tiny, new ModelParameters(Tiny.Layout), default, new float[2], Cancel));

        Assert.Contains("engine mute does not tell the logits", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_metrics_of_one_name_are_refused() => Assert.Contains(
        "metric 'one': two are registered",
        Assert.Throws<ArgumentException>(() => new MetricRegistry(new Scripted("one", _ => 0), new Scripted("one", _ => 0))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task The_bits_do_not_depend_on_the_number_of_threads()
    {
        engine.Judge = examples => new Metrics(1.0 / (examples.Label(0) + examples.Count), 1.0 / examples.Count);

        Assert.Equal(await EvaluateAsync(threads: 1), await EvaluateAsync(threads: 3));
    }

    [Fact]
    public async Task Parts_are_judged_at_a_time_as_many_as_there_are_threads()
    {
        using var meeting = new Barrier(2);
        var met = 0;
        engine.Judge = examples =>
        {
            if (examples.Count == CentralEvaluation.ImagesAPart && meeting.SignalAndWait(TimeSpan.FromMinutes(1), Cancel))
                Interlocked.Increment(ref met);
            return new Metrics(1, 1);
        };

        await EvaluateAsync(threads: 2);

        Assert.Equal(2, met);
    }

    [Fact]
    public async Task No_more_parts_are_judged_at_a_time()
    {
        var (running, most) = (0, 0);
        engine.Judge = _ =>
        {
            most = Math.Max(most, Interlocked.Increment(ref running));
            Thread.Yield();
            Interlocked.Decrement(ref running);
            return new Metrics(1, 1);
        };

        await EvaluateAsync(threads: 1);

        Assert.Equal(1, most);
    }

    [Fact]
    public async Task A_part_that_can_not_be_judged_fails_the_evaluation()
    {
        engine.Judge = examples => examples.Count == 100 ? throw new InvalidOperationException("no memory") : new Metrics(1, 1);

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => EvaluateAsync(threads: 2));

        Assert.Equal("no memory", error.Message);
    }

    [Fact]
    public async Task A_loss_that_is_not_finite_says_that_the_training_has_diverged()
    {
        engine.Judge = examples => new Metrics(examples.Count == 100 ? double.NaN : 1, 0);

        Assert.Equal(
            new EvaluateGlobalResult(null, "the loss of the global parameters is not finite on the test set"), await EvaluateAsync(threads: 1));
    }

    [Theory]
    [InlineData(6.9, null)]
    [InlineData(1e25, "the central loss is 1E+25, more than 10 times that of guessing, ln 2 = 0.693")]
    public async Task A_loss_that_is_finite_and_of_no_model_that_learns_is_doubtful(double loss, string? doubtful)
    {
        engine.Judge = _ => new Metrics(loss, 0.5);

        Assert.Equal(new EvaluateGlobalResult(new Metrics(loss, 0.5), Doubtful: doubtful), await EvaluateAsync(threads: 1));
    }

    [Theory]
    [InlineData("none", null)]
    [InlineData("labelflip", null)]
    [InlineData("backdoor", 0.25)]
    public async Task The_success_of_a_backdoor_is_measured_beside_the_accuracy(string attack, double? success)
    {
        // The trigger, and not what the images have otherwise.
        engine.Judge = examples => examples.Pixels(0)[0] == 255 ? new Metrics(3, 0.25) : new Metrics(1, 0.5);

        var metrics = (await EvaluateAsync(threads: 2, attack: attack)).Metrics!;

        Assert.Equal((1.0, 0.5), (metrics.Loss, metrics.Accuracy));
        Assert.Equal(success, metrics.Additional?[Metrics.BackdoorSuccess]);
    }

    [Theory]
    [InlineData(690, null)]
    [InlineData(700, "the loss on made-up images is 700, more than 1000 times that of guessing, ln 2 = 0.693")]
    public async Task On_made_up_images_a_model_may_be_wrong_and_sure_of_it(double loss, string? doubtful)
    {
        engine.Judge = _ => new Metrics(loss, 0.5);

        Assert.Equal(new EvaluateGlobalResult(null, Doubtful: doubtful), await EvaluateAsync(threads: 1, onMadeUpImages: true));
    }

    [Theory]
    [InlineData(1, null)]
    [InlineData(double.NaN, "the loss of the global parameters is not finite on made-up images")]
    public async Task Whether_parameters_can_be_evaluated_takes_no_test_set(double loss, string? unusable)
    {
        var pixels = new List<byte>();
        engine.Judge = examples =>
        {
            pixels.AddRange(Enumerable.Range(0, examples.Count).Select(image => examples.Pixels(image)[0]));
            return new Metrics(loss, 0);
        };

        Assert.Equal(new EvaluateGlobalResult(null, unusable), await EvaluateAsync(threads: 1, onMadeUpImages: true));
        Assert.Equal([0, 255, 255], pixels[..3]);
        Assert.DoesNotContain(pixels[3], pixels[..3]); // noise
    }

    [Theory]
    [InlineData(true, typeof(WorkNotNeededException))]
    [InlineData(false, typeof(ArtifactMissingException))]
    public async Task Parameters_that_are_gone_are_not_needed_where_their_round_is_recorded(bool isRecorded, Type expected)
    {
        engine.Judge = _ => new Metrics(1, 1);
        if (isRecorded)
            await store.PutAsync(ArtifactNames.Record("fed", 0), "{}"u8.ToArray(), Cancel);

        await Assert.ThrowsAsync(expected, () => EvaluateAsync(
            threads: 1, beforeRun: () => store.DeleteAsync(ArtifactNames.GlobalParameters("fed", 0), Cancel)));
    }

    [Fact]
    public void An_engine_that_the_host_lacks_is_the_hosts_failure_where_work_names_it_and_the_specs_where_one_is_asked_for()
    {
        var engines = new TrainingEngines([engine]);

        var lacking = Assert.Throws<NotRegisteredException>(() => engines.Get("torch"));
        Assert.Equal($"engine 'torch' is not known here; known are {engine.Name}", lacking.Message);
        Assert.Equal(FailureKind.HostForGood, FailureKinds.Of(lacking));
        Assert.Equal("engine", Assert.Single(Assert.Throws<InvalidSpecException>(() => engines.Resolve("torch", Tiny, largestBatch: 32)).Errors).Field);
    }

    /// <summary>Of an image of one value that is made to two, with its copy training holds four.</summary>
    [Theory]
    [InlineData(39, 9)]
    [InlineData(40, 10)]
    public void A_batch_of_more_values_than_an_engine_holds_is_refused_by_its_size(long most, int batch)
    {
        Assert.Equal(4, Tiny.ValuesHeld);
        engine.MostValuesOfABatch = most;
        var engines = new TrainingEngines([engine]);

        Assert.Equal(engine.Name, engines.Resolve("auto", Tiny, batch));
        var error = Assert.Single(Assert.Throws<InvalidSpecException>(() => engines.Resolve("auto", Tiny, batch + 1)).Errors);
        Assert.Equal("batchSize", error.Field);
        Assert.Contains($"expected at most {batch}, got {batch + 1}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_engine_that_tells_no_logits_is_refused_where_the_host_has_metrics_and_they_are_measured()
    {
        var metrics = new MetricRegistry(new Scripted("own", _ => 0));
        var other = new ScriptedEngine { Name = "other", TellsLogits = true };

        var error = Assert.Single(Assert.Throws<InvalidSpecException>(
            () => new TrainingEngines([new Mute(), other], metrics).Resolve("mute", Tiny, largestBatch: 32, evaluatesCentrally: true)).Errors);

        Assert.Equal(("engine", true), (error.Field, error.Message.StartsWith("mute tells no logits", StringComparison.Ordinal)));
        Assert.Equal("other", new TrainingEngines([new Mute(), other], metrics).Resolve("auto", Tiny, largestBatch: 32, evaluatesCentrally: true));
        Assert.Equal("mute", new TrainingEngines([new Mute(), other], metrics).Resolve("auto", Tiny, largestBatch: 32, evaluatesCentrally: false));
        Assert.Equal("mute", new TrainingEngines([new Mute(), other], new MetricRegistry()).Resolve("auto", Tiny, largestBatch: 32, evaluatesCentrally: true));
    }

    [Fact]
    public void Where_one_engine_holds_too_few_values_another_trains()
    {
        engine.MostValuesOfABatch = 1;
        var other = new ScriptedEngine { Name = "other" };

        Assert.Equal("other", new TrainingEngines([engine, other]).Resolve("auto", Tiny, largestBatch: 32));
    }

    [Fact]
    public void The_largest_batch_is_that_of_all_rounds() =>
        Assert.Equal((32, 64, 128), (new FederationSpec().LargestBatch(), new FederationSpec { BatchSize = Schedule.ByRound(64, 8), Rounds = 3 }.LargestBatch(),
            new FederationSpec { BatchSize = Schedule.By(new ScheduleCourse(32, Step: 1, Factor: 2)), Rounds = 3 }.LargestBatch()));

    private async Task<EvaluateGlobalResult> EvaluateAsync(
        int threads, bool onMadeUpImages = false, Func<Task>? beforeRun = null, IMetric[]? metrics = null, string attack = "none")
    {
        var choice = attack == "none" ? SpecChoice.FromString(attack) : ContractJson.Deserialize<SpecChoice>($$"""{"name":"{{attack}}","clients":1,"size":1}""");
        var spec = new FederationSpec { Id = "fed", Network = "tiny", Clients = 1, Attack = choice };
        var resolved = new ResolvedSpec(
            ResolvedSpec.CurrentVersion, "fed", engine.Name, new DatasetReference("synthetic", "source", "digest"), Initial: null, spec);
        var records = Enumerable.Range(0, Images).SelectMany(index => new byte[] { (byte)(index % 2), 100 }).ToArray();
        var dataset = new DatasetManifest(
            DatasetRecipe.Of(spec, "source"), "synthetic", Tiny.Input, ["one", "two"], Clients: [],
            await store.PutAsync(ArtifactNames.TestData("digest"), records, Cancel), Images);
        var input = new EvaluateGlobalInput(
            await store.PutJsonAsync(ArtifactNames.Spec("fed"), resolved, Cancel),
            await store.PutJsonAsync(ArtifactNames.DatasetManifest("digest"), dataset, Cancel),
            await store.PutAsync(ArtifactNames.GlobalParameters("fed", 0), Safetensors.Write(new ModelParameters(Tiny.Layout)), Cancel),
            onMadeUpImages);
        using var shared = new EvaluationThreads(threads);
        var evaluation = new EvaluateGlobal(
            store, new RecentManifest(store), new RecentData(store, TimeProvider.System), new NetworkRegistry(Tiny), new TrainingEngines([engine]), new MetricRegistry(metrics ?? []), new CentralEvaluation(shared), new AttackRegistry(), new SpecPackages([]));
        if (beforeRun is not null)
            await beforeRun();
        return await evaluation.RunAsync(input, Cancel);
    }

    private sealed class Scripted(string name, Func<Predictions, double> measure) : IMetric
    {
        public string Name => name;

        public double Measure(Predictions predictions) => measure(predictions);
    }

    private sealed class Mute : ITrainingEngine
    {
        public string Name => "mute";

        public string? WhyNot(Network network) => null;

        public ITrainingSession StartTraining(TrainingTask task) => throw new NotSupportedException();

        public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) => new(1, 1);
    }
}
