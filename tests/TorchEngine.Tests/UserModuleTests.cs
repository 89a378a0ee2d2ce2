using FlDurable.ClientActivities;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using FlDurable.TorchEngine.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace FlDurable.TorchEngine.Tests;

public sealed class UserModuleTests
{
    private static readonly (string, IReadOnlyList<int>)[] Layout =
        [("stem.weight", [8, 3, 3, 3]), ("stem.bias", [8]), ("norm.weight", [8]), ("norm.bias", [8]), ("head.weight", [4, 8]), ("head.bias", [4])];

    [Fact]
    public void A_module_of_ones_own_trains()
    {
        var network = NetworkOf(Layout);
        var engine = Engines.Of(new TorchModule(network, () => new OwnModule()));
        var examples = NoisyImages.Draw(network, 400, seed: 1);
        Assert.Null(engine.WhyNot(network));

        using var session = engine.StartTraining(new TrainingTask(
            network, network.Initialize(1), examples, new(16, OptimizerKind.Adam, 1e-2f, 0, 0), Seed: 1, Round: 1, Client: 0));
        var first = session.TrainEpoch(TestContext.Current.CancellationToken);
        for (var epoch = 0; epoch < 5; epoch++)
            session.TrainEpoch(TestContext.Current.CancellationToken);
        var evaluated = engine.Evaluate(network, session.GetParameters(), examples, TestContext.Current.CancellationToken);

        Assert.True(evaluated.Loss < 0.8 * first.Loss, $"{first.Loss} → {evaluated.Loss}");
    }

    [Fact]
    public void A_host_adds_it_and_auto_chooses_it_since_Lanes_does_not_know_its_layers()
    {
        var network = NetworkOf(Layout);
        Assert.Null(Engines.Torch.WhyNot(new NetworkRegistry().Get("cifar10-cnn").Usual));
        using var services = new ServiceCollection()
            .AddSingleton<ITrainingEngine>(Engines.Lanes)
            .AddTorchEngine()
            .AddTorchModule(network, () => new OwnModule())
            .AddNetworks()
            .BuildServiceProvider();
        var engines = new TrainingEngines(services.GetServices<ITrainingEngine>());

        Assert.Equal("torch", engines.Resolve("auto", services.GetRequiredService<NetworkRegistry>().Get("own").Usual, largestBatch: 32));
        Assert.Equal("the Lanes engine does not know the layer module", Engines.Lanes.WhyNot(network));
    }

    [Fact]
    public void Without_its_module_a_network_is_refused() =>
        Assert.Contains("no module is registered for network 'own'", Engines.Torch.WhyNot(NetworkOf(Layout)), StringComparison.Ordinal);

    [Fact]
    public void Parameters_that_are_not_the_layouts_are_all_named()
    {
        (string, IReadOnlyList<int>)[] wrong = [("trunk.weight", [8, 3, 3, 3]), ("stem.bias", [9]), .. Layout[2..]];

        var reason = WhyNot(NetworkOf(wrong), () => new OwnModule());

        Assert.Equal(
            "the module of network 'own' does not fit it: it has no parameter 'trunk.weight'; its parameter 'stem.bias' is [8], expected [9]; "
            + "its parameter 'stem.weight' is not in the network's layout",
            reason);
    }

    [Fact]
    public void A_module_that_does_not_fit_can_not_be_trained()
    {
        var network = NetworkOf(Layout[..^1]);
        var engine = Engines.Of(new TorchModule(network, () => new OwnModule()));

        var refusal = Assert.Throws<NotSupportedException>(() => engine.Evaluate(
            network, network.Initialize(1), NoisyImages.Draw(network, 4, seed: 1), TestContext.Current.CancellationToken));

        Assert.Equal(engine.WhyNot(network), refusal.Message);
    }

    [Fact]
    public void Another_number_of_logits_is_refused() =>
        Assert.Contains(
            "of [2, 3, 8, 8] it makes [2, 4] of type Float32, expected [2, 5]",
            WhyNot(new Network("own", new ImageShape(3, 8, 8), [new OpaqueModule(5, Layout)]), () => new OwnModule()), StringComparison.Ordinal);

    [Fact]
    public void A_module_that_fails_on_the_input_is_refused_with_its_reason() =>
        Assert.Contains(
            "it fails on an input of [2, 2, 8, 8]: ",
            WhyNot(new Network("own", new ImageShape(2, 8, 8), [new OpaqueModule(4, Layout)]), () => new OwnModule()), StringComparison.Ordinal);

    [Fact]
    public void A_frozen_parameter_is_refused() =>
        Assert.Contains("'head.bias' is frozen", WhyNot(NetworkOf(Layout), () =>
        {
            var module = new OwnModule();
            module.get_parameter("head.bias")!.requires_grad = false;
            return module;
        }), StringComparison.Ordinal);

    [Fact]
    public void A_parameter_of_another_type_is_refused() =>
        Assert.Contains(
            "'head.bias' is of type Float64, expected Float32", WhyNot(NetworkOf(Layout), () => new OwnModule().to(ScalarType.Float64)),
            StringComparison.Ordinal);

    [Fact]
    public void A_buffer_that_nobody_would_average_is_refused() =>
        Assert.Contains("its buffer 'norm.running_mean' would not be averaged", WhyNot(NetworkOf(Layout), () => new OwnModule(BatchNorm2d(8))), StringComparison.Ordinal);

    private static Network NetworkOf(IReadOnlyList<(string, IReadOnlyList<int>)> layout) =>
        new("own", new ImageShape(3, 8, 8), [new OpaqueModule(classes: 4, layout)]);

    private static string? WhyNot(Network network, Func<Module<Tensor, Tensor>> create) =>
        Engines.Of(new TorchModule(network, create)).WhyNot(network);

    /// <summary>Something that a network of known layers can't be: it normalises, and averages over positions.</summary>
    private sealed class OwnModule : Module<Tensor, Tensor>
    {
        private readonly Module<Tensor, Tensor> stem = Conv2d(3, 8, 3L);
        private readonly Module<Tensor, Tensor> norm;
        private readonly Module<Tensor, Tensor> head = Linear(8, 4);

        public OwnModule(Module<Tensor, Tensor>? norm = null)
            : base("own")
        {
            this.norm = norm ?? GroupNorm(2, 8);
            RegisterComponents();
        }

        public override Tensor forward(Tensor images) =>
            head.call(functional.adaptive_max_pool2d(functional.relu(norm.call(stem.call(images))), [1, 1]).flatten(1));

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                stem.Dispose();
                norm.Dispose();
                head.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
