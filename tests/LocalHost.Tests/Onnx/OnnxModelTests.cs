using CsCheck;
using FlDurable.LanesEngine.Tests.Support;
using FlDurable.LocalHost.Onnx;
using FlDurable.LocalHost.Onnx.Format;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Tests.Onnx;

/// <summary>What ONNX Runtime makes of the file of a network, against the network's definition and the engine that trains it.</summary>
public sealed class OnnxModelTests
{
    private const double Tolerance = 1e-5;

    private static readonly Dictionary<string, Network> Others = new[]
    {
        Of("batch norm", new ImageShape(2, 5, 4), new BatchNorm2d("first", 2), new Conv2d("conv", 2, 4, 3, Bias: false), new BatchNorm2d("norm", 4), new ReLU(), new Flatten(), new Linear("fc", 24, 7), new BatchNorm2d("flat", 7), new Dropout(0.5), new Linear("classes", 7, 3)),
        Of("planes of rows", new ImageShape(1, 4, 3), new Flatten(), new Conv2d("conv", 12, 6, 1), new GroupNorm("norm", 2, 6), new ReLU(), new MaxPool2d(1), new GlobalAvgPool2d(), new Linear("fc", 6, 8), new GroupNorm("flat", 1, 8), new AvgPool2d(2, 1, 1, CountPadding: true), new Flatten(), new Linear("classes", 32, 3)),
        Of("rows and planes", new ImageShape(3, 4, 4), new Conv2d("conv", 3, 5, 3), new GlobalAvgPool2d(), new Residual("one", [new Linear("one.fc", 5, 5)], []), new Residual("two", [new ReLU()], [new Conv2d("two.conv", 5, 5, 1)]), new Residual("three", [new Flatten()], [new Flatten()])),
        Of("numbers", new ImageShape(6, 1, 1), new Linear("fc", 6, 4), new ReLU(), new Linear("classes", 4, 3, Bias: false)),
        Of("nothing learnt", new ImageShape(4, 6, 6), new AvgPool2d(4, 2, 2, CountPadding: false), new MaxPool2d(3, 3, 1), new GlobalAvgPool2d(), new Dropout(0.5)),
        Of("input twice", new ImageShape(3, 1, 1), new Residual("double", [], [])),
    }.ToDictionary(network => network.Name, StringComparer.Ordinal);

    public static TheoryData<string> BuiltIn => [.. new NetworkRegistry().Names];

    public static TheoryData<string> OtherNames => [.. Others.Keys];

    [Theory]
    [MemberData(nameof(BuiltIn))]
    public void Every_built_in_network_has_its_logits(string name)
    {
        Check(new NetworkRegistry().Get(name).Usual, seed: 1);
        Check(new NetworkRegistry().Get(name).For(new ImageShape(1, 28, 28), 26), seed: 2);
    }

    [Fact]
    public void A_network_whose_pixels_are_normalised_otherwise_has_its_logits() =>
        Check(new NetworkRegistry().Get("lenet5").Usual.Normalizing(new([0.4914, 0.4822, 0.4465], [0.247, 0.2435, 0.2616])), seed: 5);

    [Theory]
    [MemberData(nameof(LayerNetworks.Names), MemberType = typeof(LayerNetworks))]
    public void Every_layer_has_its_logits(string name) => Check(LayerNetworks.Get(name), seed: 3);

    [Theory]
    [MemberData(nameof(OtherNames))]
    public void Every_order_of_layers_has_its_logits(string name) => Check(Others[name], seed: 4);

    [Fact]
    public void Any_network_has_its_logits() => RandomCases.Cases.Sample(test => Check(test.Network, test.Seed), iter: 60);

    [Fact]
    public void Every_layer_that_says_what_it_computes_is_judged_here()
    {
        var all = typeof(Layer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Layer)) && !type.IsAbstract);
        var judged = OtherNames.Select(row => Others[row.Data]).Concat(LayerNetworks.Names.Select(row => LayerNetworks.Get(row.Data)))
            .SelectMany(network => network.AllLayers).Select(layer => layer.GetType()).ToHashSet();

        Assert.Equal([typeof(OpaqueModule)], all.Except(judged));
    }

    [Fact]
    public void Each_image_of_a_batch_of_any_size_has_the_logits_that_it_has_alone()
    {
        var network = LayerNetworks.Get("resnet8-gn");
        var examples = RandomCases.Examples(network.Input, network.Classes, 5, seed: 5);
        using var file = Open(network, RandomCases.Parameters(network, seed: 5));

        var together = file.Logits(examples);

        for (var image = 0; image < examples.Count; image++)
        {
            var alone = Assert.Single(file.Logits(examples.Slice(image, 1)));
            Assert.All(together[image].Zip(alone), pair => Assert.Equal(pair.Second, pair.First, Tolerance));
        }
    }

    [Fact]
    public void A_file_tells_what_it_takes_and_makes_and_how_pixels_are_scaled()
    {
        var network = new NetworkRegistry().Get("lenet5").For(new ImageShape(1, 28, 28), 3);
        var content = OnnxModel.Write(network, network.Initialize(seed: 0), ["cat", "dög", "a \"fish\""]);
        using var file = new OnnxFile(content);

        Assert.Equal(("images", "logits"), (file.Input.Name, file.Output.Name));
        Assert.Equal([-1, 1, 28, 28], file.Input.Shape);
        Assert.Equal([-1, 3], file.Output.Shape);
        Assert.Equal(["cat", "dög", "a \"fish\""], file.Classes);
        Assert.Equal(("[0.5]", "[0.5]", "0.00392156862745098"), (file.Metadata["image_mean"], file.Metadata["image_std"], file.Metadata["rescale_factor"]));
        Assert.Equal(17, Assert.Single(ModelProto.Parser.ParseFrom(content).OpsetImport).Version);
    }

    [Fact]
    public void Parameters_have_the_names_that_they_have_in_a_state_dict()
    {
        var network = LayerNetworks.Get("resnet8-gn");

        var graph = ModelProto.Parser.ParseFrom(OnnxModel.Write(network, network.Initialize(seed: 0), classes: null)).Graph;

        Assert.Equal(network.Layout.Tensors.Select(slot => slot.Name), graph.Initializer.Select(tensor => tensor.Name).Where(name => name.Contains('.', StringComparison.Ordinal)));
    }

    [Theory]
    [MemberData(nameof(OtherNames))]
    public void The_same_network_has_the_same_bytes(string name)
    {
        var parameters = RandomCases.Parameters(Others[name], seed: 6);

        Assert.Equal(OnnxModel.Write(Others[name], parameters, ["a", "b"]), OnnxModel.Write(Others[name], parameters.Copy(), ["a", "b"]));
    }

    [Fact]
    public void A_module_of_which_only_the_parameters_are_known_is_refused()
    {
        var network = new Network("own", new ImageShape(1, 2, 2), [new OpaqueModule(3, [("fc.weight", [3, 4])])]);

        var refusal = Assert.Throws<NotSupportedException>(() => OnnxModel.Write(network, network.Initialize(seed: 0), classes: null));

        Assert.Contains("kind module", refusal.Message, StringComparison.Ordinal);
    }

    private static void Check(Network network, int seed)
    {
        var examples = RandomCases.Examples(network.Input, network.Classes, 3, seed);
        var parameters = WithStatistics(network, RandomCases.Parameters(network, seed), seed);
        using var file = Open(network, parameters);

        var logits = file.Logits(examples);

        var expected = new ReferenceNetwork(network, [.. parameters.Values.ToArray().Select(value => (double)value)], isEvaluated: true);
        for (var image = 0; image < examples.Count; image++)
            Assert.All(expected.Logits(examples.Pixels(image).ToArray()).Zip(logits[image]), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
        CheckAgainstLanes(network, parameters, examples, logits);
    }

    /// <summary>An engine tells no logits, but the loss of an image with any label: with that of every class, the logits but for a constant.</summary>
    private static void CheckAgainstLanes(Network network, ModelParameters parameters, ImageExamples examples, float[][] logits)
    {
        var lanes = new LanesEngine.LanesTrainingEngine();
        if (lanes.WhyNot(network) is not null)
            return;
        for (var image = 0; image < examples.Count; image++)
        {
            for (var label = 0; label < network.Classes; label++)
            {
                var example = new ImageExamples((byte[])[(byte)label, .. examples.Pixels(image)], network.Input, network.Classes);
                var loss = lanes.Evaluate(network, parameters, example, TestContext.Current.CancellationToken).Loss;
                Assert.Equal(loss, ReferenceNetwork.Loss([.. logits[image].Select(logit => (double)logit)], label), Tolerance);
            }
        }
    }

    private static ModelParameters WithStatistics(Network network, ModelParameters parameters, int seed)
    {
        var random = new Random(seed);
        foreach (var norm in network.AllLayers.OfType<BatchNorm2d>())
        {
            foreach (ref var mean in parameters.Tensor(norm.MeanName))
                mean = random.NextSingle() - 0.5f;
            foreach (ref var variance in parameters.Tensor(norm.VarianceName))
                variance = 0.1f + random.NextSingle();
        }

        return parameters;
    }

    private static OnnxFile Open(Network network, ModelParameters parameters) => new(OnnxModel.Write(network, parameters, classes: null));

    private static Network Of(string name, ImageShape input, params Layer[] layers) => new(name, input, layers);
}
