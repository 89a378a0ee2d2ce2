using System.Text;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Specs;

public sealed class NetworkFieldTests
{
    private static readonly SpecReader Reader = new(Registered.Table());
    private static readonly NetworkRegistry Registry = new();
    private static readonly ImageShape Cifar10 = new(3, 32, 32);

    private static FederationSpec Read(string layers) => Reader.Read(Encoding.UTF8.GetBytes($$$"""{"network":{"layers":{{{layers}}}}}""")).Spec;

    private static Network Fit(string layers) => Registry.Get(Read(layers).Network).For(Cifar10, 10);

    [Fact]
    public void The_tutorials_network_given_by_its_layers_is_the_tutorials()
    {
        var own = Fit("""
            [
              {"type":"conv2d","name":"conv1","outChannels":6,"kernelSize":5}, {"type":"relu"}, {"type":"maxpool2d","kernelSize":2},
              {"type":"conv2d","name":"conv2","outChannels":16,"kernelSize":5}, {"type":"relu"}, {"type":"maxpool2d","kernelSize":2},
              {"type":"flatten"},
              {"type":"linear","name":"fc1","outFeatures":120}, {"type":"relu"}, {"type":"linear","name":"fc2","outFeatures":84}, {"type":"relu"},
              {"type":"linear","name":"fc3"}
            ]
            """);
        var builtIn = Registry.Get("cifar10-cnn").Usual;

        Assert.Equal(builtIn.Layers, own.Layers);
        Assert.True(own.Initialize(1).Values.SequenceEqual(builtIn.Initialize(1).Values));
    }

    [Fact]
    public void Every_sort_of_layer_and_every_option_can_be_given()
    {
        var network = Fit("""
            [
              {"type":"conv2d","outChannels":6,"kernelSize":3,"stride":2,"padding":1,"groups":3,"bias":false},
              {"type":"batchnorm2d","name":"norm","momentum":0.3},
              {"type":"residual","name":"block","body":[{"type":"conv2d","outChannels":4,"kernelSize":1},{"type":"groupnorm","numGroups":2}],
               "shortcut":[{"type":"conv2d","name":"project","outChannels":4,"kernelSize":1}]},
              {"type":"maxpool2d","kernelSize":3,"stride":2,"padding":1},
              {"type":"avgpool2d","kernelSize":2,"stride":1,"padding":1,"countIncludePad":false},
              {"type":"dropout","p":0.25},
              {"type":"globalavgpool2d"},
              {"type":"flatten"},
              {"type":"linear","bias":false}
            ]
            """);

        Assert.Equal(new Conv2d("0", 3, 6, 3, Padding: 1, Stride: 2, Groups: 3, Bias: false), network.Layers[0]);
        Assert.Equal(new BatchNorm2d("norm", 6, 0.3), network.Layers[1]);
        var block = Assert.IsType<Residual>(network.Layers[2]);
        Assert.Equal([new Conv2d("block.body.0", 6, 4, 1), new GroupNorm("block.body.1", 2, 4)], block.Body);
        Assert.Equal([new Conv2d("block.project", 6, 4, 1)], block.Shortcut);
        Assert.Equal(
            [new MaxPool2d(3, 2, 1), new AvgPool2d(2, 1, 1, CountPadding: false), new Dropout(0.25), new GlobalAvgPool2d(), new Flatten(), new Linear("8", 4, 10, Bias: false)],
            network.Layers.Skip(3));
    }

    [Fact]
    public void What_is_written_has_every_option_that_has_a_value_and_is_read_as_the_same()
    {
        var spec = Read("""[{"padding":1,"kernelSize":3,"type":"conv2d","outChannels":4},{"type":"flatten"},{"type":"linear"}]""");
        var json = ContractJson.Serialize(spec);

        Assert.Contains(
            """{"network":{"layers":[{"type":"conv2d","outChannels":4,"kernelSize":3,"stride":1,"padding":1,"groups":1,"bias":true},{"type":"flatten"},{"type":"linear","bias":true}]},""",
            json, StringComparison.Ordinal);
        Assert.Equal(json, ContractJson.Serialize(ContractJson.Deserialize<FederationSpec>(json)));
        Assert.Equal(spec.Network, Reader.Read(Encoding.UTF8.GetBytes(json)).Spec.Network);
        Assert.NotEqual(spec.Network, Read("""[{"type":"flatten"},{"type":"linear"}]""").Network);
    }

    [Theory]
    [InlineData("[]", "network.layers: expected an array of layers, got an empty one")]
    [InlineData("7", "network.layers: expected an array of layers, got 7")]
    [InlineData("[7]", "network.layers[0]: expected an object with a type, got 7")]
    [InlineData("""[{"type":"relu"},{}]""", "network.layers[1].type: expected one of conv2d, linear, relu, maxpool2d, avgpool2d, globalavgpool2d, groupnorm, batchnorm2d, dropout, residual, flatten, got nothing")]
    [InlineData("""[{"type":"conv3d"}]""", "network.layers[0].type: expected one of conv2d, linear, relu, maxpool2d, avgpool2d, globalavgpool2d, groupnorm, batchnorm2d, dropout, residual, flatten, got \"conv3d\"")]
    [InlineData("""[{"type":"conv2d","outChannels":4}]""", "network.layers[0].kernelSize: expected 1 to 255, got nothing")]
    [InlineData("""[{"type":"conv2d","outChannels":70000,"kernelSize":3}]""", "network.layers[0].outChannels: expected 1 to 65536, got 70000")]
    [InlineData("""[{"type":"conv2d","outChannels":4,"kernelSize":3,"stride":0}]""", "network.layers[0].stride: expected 1 to 255, got 0")]
    [InlineData("""[{"type":"dropout","p":1.5}]""", "network.layers[0].p: expected 0 to 1, got 1.5")]
    [InlineData("""[{"type":"relu","inplace":true}]""", "network.layers[0].inplace: unknown option; relu has none")]
    [InlineData("""[{"type":"linear","out":3}]""", "network.layers[0].out: unknown option; linear has name, outFeatures, bias")]
    [InlineData("""[{"type":"linear","name":"a.b"}]""", "network.layers[0].name: expected 1 to 64 of a-z, A-Z, 0-9 and _, beginning with a letter, got 'a.b'")]
    [InlineData("""[{"type":"linear","name":"a"},{"type":"linear","name":"a"}]""", "network.layers[1].name: another layer beside it is named 'a'")]
    [InlineData("""[{"type":"residual"}]""", "network.layers[0].body: expected an array of layers, got nothing")]
    [InlineData("""[{"type":"residual","body":[]}]""", "network.layers[0].body: expected an array of layers, got an empty one")]
    [InlineData("""[{"type":"residual","body":[{"type":"relu"}],"shortcut":[{"type":"x2"}]}]""", "network.layers[0].shortcut[0].type: expected one of conv2d, linear, relu, maxpool2d, avgpool2d, globalavgpool2d, groupnorm, batchnorm2d, dropout, residual, flatten, got \"x2\"")]
    [InlineData("""[{"type":"residual","name":"a","body":[{"type":"linear","name":"c"}],"shortcut":[{"type":"linear","name":"c"}]}]""", "network.layers[0].shortcut[0].name: another layer beside it is named 'c'")]
    public void A_layer_that_is_none_is_refused_at_its_place(string layers, string expected) =>
        Assert.Equal(expected, Assert.Throws<InvalidSpecException>(() => Read(layers)).Message);

    [Theory]
    [InlineData("""{"network":{}}""", "network: expected layers, got none")]
    [InlineData("""{"network":{"layers":[{"type":"relu"}],"name":"x"}}""", "network.name: unknown; a network has layers")]
    [InlineData("""{"network":[]}""", "network: expected a name, or an object with layers, got an array")]
    [InlineData("""{"network":"resnet"}""", "network: expected one of cifar10-cnn, fedavg-cnn, lenet5, mlp, resnet8-gn, or layers of its own, got 'resnet'")]
    public void What_is_no_network_is_refused(string spec, string expected) =>
        Assert.Equal(expected, Assert.Throws<InvalidSpecException>(() => Reader.Read(Encoding.UTF8.GetBytes(spec))).Message);

    [Fact]
    public void Layers_have_a_limit_and_so_has_their_nesting()
    {
        static string Nested(int depth) => depth == 0 ? """{"type":"relu"}""" : $$"""{"type":"residual","body":[{{Nested(depth - 1)}}]}""";

        Assert.NotNull(Read($"[{Nested(4)}]"));
        Assert.EndsWith("expected at most 4 layers within each other, got more", Assert.Throws<InvalidSpecException>(() => Read($"[{Nested(5)}]")).Message, StringComparison.Ordinal);
        Assert.NotNull(Read($"[{string.Join(',', Enumerable.Repeat("""{"type":"relu"}""", 1000))}]"));
        Assert.Equal(
            "network.layers: expected at most 1000 layers in all, got more",
            Assert.Throws<InvalidSpecException>(() => Read($"[{string.Join(',', Enumerable.Repeat("""{"type":"relu"}""", 1001))}]")).Message);
    }

    [Fact]
    public void Layers_that_do_not_fit_the_data_are_named_with_what_came_and_what_was_expected() => Assert.Equal(
        "own network can't learn from images of 3×32×32 in 10 classes: layers[1] (linear fc) takes 3 flattened features, got 3×32×32",
        Assert.Throws<NetworkFitException>(() => Fit("""[{"type":"relu"},{"type":"linear","name":"fc"}]""")).Message);

    [Fact]
    public void The_docs_name_every_sort_of_layer_with_its_options()
    {
        var page = File.ReadAllText(RepositoryFile("docs/networks.md"));

        Assert.All(NetworkField.Layers, kind => Assert.Contains(
            $"\n| `{kind.Name}` | {string.Join(", ", kind.Options.Select(Shown))}", page, StringComparison.Ordinal));

        static string Shown(SpecField option) => option switch
        {
            { DefaultMeaning: { } words } => $"{option.Name} ({words})",
            { DefaultValue: { } value } => FormattableString.Invariant($"{option.Name} ({value})").Replace("True", "true", StringComparison.Ordinal),
            _ => option.Name,
        };
    }

    private static string RepositoryFile(string path)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "FlDurable.sln")))
            folder = folder.Parent ?? throw new DirectoryNotFoundException("FlDurable.sln is in no folder above the tests");
        return Path.Combine(folder.FullName, path);
    }
}
