using FlDurable.Shared.Failures;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Tests.Networks;

public sealed class NetworkTests
{
    [Fact]
    public void The_tutorials_network_has_its_62006_parameters_in_PyTorchs_order()
    {
        var network = new NetworkRegistry().Get("cifar10-cnn").Usual;

        Assert.Equal(62_006, network.Layout.Length);
        Assert.Equal(10, network.Classes);
        Assert.Equal(
            ["conv1.weight", "conv1.bias", "conv2.weight", "conv2.bias", "fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias", "fc3.weight", "fc3.bias"],
            network.Layout.Tensors.Select(tensor => tensor.Name));
        Assert.Equal([6, 3, 5, 5], network.Layout.Tensors[0].Shape);
        Assert.Equal([120, 400], network.Layout.Tensors[4].Shape);
    }

    [Fact]
    public void The_FedAvg_papers_network_has_some_two_million_parameters()
    {
        var network = new NetworkRegistry().Get("fedavg-cnn").Usual;

        Assert.Equal(2_156_490, network.Layout.Length);
        Assert.Equal([64, 32, 5, 5], network.Layout.Tensors[2].Shape);
        Assert.Equal([512, 4096], network.Layout.Tensors[4].Shape);
    }

    [Fact]
    public void Initial_parameters_are_uniform_within_the_reciprocal_root_of_the_fan_in()
    {
        var parameters = new NetworkRegistry().Get("cifar10-cnn").Usual.Initialize(seed: 1);

        foreach (var (name, fanIn) in new[] { ("conv1.weight", 75), ("conv1.bias", 75), ("fc1.weight", 400), ("fc1.bias", 400) })
        {
            var bound = 1 / Math.Sqrt(fanIn);
            var values = parameters.Tensor(name).ToArray();
            Assert.All(values, value => Assert.InRange(value, -bound, bound));
            Assert.True(values.Max() > 0.5 * bound && values.Min() < -0.5 * bound, name);
        }
    }

    [Fact]
    public void Initial_parameters_are_a_function_of_the_seed()
    {
        var network = new NetworkRegistry().Get("cifar10-cnn").Usual;

        Assert.True(network.Initialize(1).Values.SequenceEqual(network.Initialize(1).Values));
        Assert.False(network.Initialize(1).Values.SequenceEqual(network.Initialize(2).Values));
    }

    [Fact]
    public void Layers_that_do_not_fit_are_refused_with_the_layers_name()
    {
        var error = Assert.Throws<NetworkFitException>(() => new Network("n", new ImageShape(3, 8, 8), [new Flatten(), new Linear("fc", 100, 10)]));

        Assert.Equal("[1] (linear fc) takes 100 flattened features, got 192×1×1", error.Message);
    }

    [Fact]
    public void A_network_ends_in_logits() =>
        Assert.Throws<NetworkFitException>(() => new Network("n", new ImageShape(3, 8, 8), [new Conv2d("c", 3, 4, 3)]));

    [Fact]
    public void Padding_and_odd_sizes_give_PyTorchs_shapes()
    {
        Assert.Equal(new ImageShape(4, 9, 7), new Conv2d("c", 3, 4, 5, Padding: 2).OutputShape(new ImageShape(3, 9, 7)));
        Assert.Equal(new ImageShape(4, 4, 3), new MaxPool2d(2).OutputShape(new ImageShape(4, 9, 7)));
    }

    [Fact]
    public void An_unknown_network_is_refused_with_the_known_ones() =>
        Assert.Contains("cifar10-cnn", Assert.Throws<NotRegisteredException>(() => new NetworkRegistry().Get("resnet")).Message, StringComparison.Ordinal);
}
