using FlDurable.Shared.Datasets;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Tests.Networks;

public sealed class NetworkPlanTests
{
    private static readonly NetworkRegistry Registry = new();

    [Theory]
    [InlineData("cifar10-cnn", 62_006)]
    [InlineData("fedavg-cnn", 2_156_490)]
    [InlineData("mlp", 656_810)]
    [InlineData("lenet5", 83_126)]
    [InlineData("resnet8-gn", 77_850)]
    public void Built_in_networks_have_their_parameters_on_CIFAR10s_images(string name, int parameters) =>
        Assert.Equal(parameters, Registry.Get(name).For(new ImageShape(3, 32, 32), 10).Layout.Length);

    [Theory]
    [InlineData("cifar10-cnn", 44_426)]
    [InlineData("fedavg-cnn", 1_663_370)]
    [InlineData("mlp", 199_210)]
    [InlineData("lenet5", 61_706)]
    [InlineData("resnet8-gn", 77_562)]
    public void Built_in_networks_follow_the_data_to_MNISTs_images(string name, int parameters) =>
        Assert.Equal(parameters, Registry.Get(name).For(new ImageShape(1, 28, 28), 10).Layout.Length);

    [Fact]
    public void The_tutorials_network_takes_grey_images_in_26_classes()
    {
        var network = Registry.Get("cifar10-cnn").For(new ImageShape(1, 28, 28), 26);

        Assert.Equal(26, network.Classes);
        Assert.Equal([6, 1, 5, 5], network.Layout.Tensors[0].Shape);
        Assert.Equal([120, 256], network.Layout.Tensors[4].Shape);
        Assert.Equal([26, 84], network.Layout.Tensors[8].Shape);
    }

    [Fact]
    public void A_residual_network_has_PyTorchs_names()
    {
        string[] stage1 = ["stage1.conv1.weight", "stage1.norm1.weight", "stage1.norm1.bias", "stage1.conv2.weight", "stage1.norm2.weight", "stage1.norm2.bias"];

        var names = Registry.Get("resnet8-gn").Usual.Layout.Tensors.Select(tensor => tensor.Name).ToList();

        Assert.Equal(["conv.weight", "norm.weight", "norm.bias", .. stage1], names[..9]);
        Assert.Contains("stage2.projection.weight", names);
        Assert.Equal(["fc.weight", "fc.bias"], names[^2..]);
    }

    /// <summary>Each layer alone is allowed; what they hold together is not, be it outputs, padding or a kernel's weights.</summary>
    [Theory]
    [MemberData(nameof(TooLarge))]
    public void What_training_holds_of_an_image_is_bounded_over_all_layers_and_the_layer_is_named(LayerPlan[] layers, string expected)
    {
        var plan = new NetworkPlan("mine", [.. layers, GlobalAvgPool2d.Plan, Flatten.Plan, Linear.Plan("fc")]);

        var error = Assert.Throws<NetworkFitException>(() => plan.For(new ImageShape(3, 32, 32), 10));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    public static TheoryData<LayerPlan[], string> TooLarge
    {
        get
        {
            var wide = Conv2d.Plan("wide", 4096, 1);
            var dropout = Dropout.Plan(0.5);
            return new()
            {
                { [wide, dropout, dropout], "layers[2] (dropout) brings what training holds of an image, with padding and what layers keep aside, to 20971532 values; expected at most 16777216" },
                { [wide, ReLU.Plan, ReLU.Plan, ReLU.Plan], "layers[3] (relu) brings" },
                { [wide, MaxPool2d.Plan(1), MaxPool2d.Plan(1)], "layers[2] (maxpool2d) brings" },
                { [wide, Conv2d.Plan("padded", 1, 1, padding: 255)], "layers[1] (conv2d padded) brings" },
                { [wide, Conv2d.Plan("large", 1, 120, padding: 48, bias: false)], "layers[1] (conv2d large) brings" },
                { [wide, Residual.Plan("way", [dropout])], "layers[1] (residual) brings" },
            };
        }
    }

    [Fact]
    public void A_kernel_of_very_many_weights_is_refused_although_what_it_makes_is_one_value()
    {
        var plan = new NetworkPlan("mine", Conv2d.Plan("wide", 65_536, 1), Conv2d.Plan("large", 1, 8, bias: false), Flatten.Plan, Linear.Plan("fc"));

        var error = Assert.Throws<NetworkFitException>(() => plan.For(new ImageShape(3, 8, 8), 10));

        Assert.Contains("layers[1] (conv2d large) brings", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 8, 8, "layers[3] (conv2d conv2) takes planes of at least 5×5, got 6×2×2")]
    [InlineData(3, 4, 40, "layers[0] (conv2d conv1) takes planes of at least 5×5, got 3×4×40")]
    public void An_image_too_small_for_a_layer_is_refused_with_the_layer_what_came_and_what_it_takes(int channels, int height, int width, string expected)
    {
        var error = Assert.Throws<NetworkFitException>(() => Registry.Get("cifar10-cnn").For(new ImageShape(channels, height, width), 10));

        Assert.Equal($"cifar10-cnn can't learn from images of {channels}×{height}×{width} in 10 classes: {expected}", error.Message);
    }

    [Fact]
    public void A_layer_within_a_residual_block_is_named_with_its_place()
    {
        var plan = new NetworkPlan("n", Residual.Plan("block", [ReLU.Plan, Conv2d.Plan("conv", 4, kernel: 9)]));

        var error = Assert.Throws<NetworkFitException>(() => plan.For(new ImageShape(3, 8, 8), 10));

        Assert.EndsWith("layers[0] (residual block) body[1] (conv2d conv) takes planes of at least 9×9, got 3×8×8", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_residual_block_adds_what_is_of_one_shape()
    {
        var plan = new NetworkPlan("n", Residual.Plan("block", [Conv2d.Plan("conv", 4, kernel: 3, padding: 1)]));

        var error = Assert.Throws<NetworkFitException>(() => plan.For(new ImageShape(3, 8, 8), 10));

        Assert.EndsWith("adds its body's 4×8×8 and its input's 3×8×8, expected two of one shape", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_ends_in_a_logit_for_each_class() => Assert.Contains(
        "n ends in 4 logits, expected one for each of the 10 classes",
        Assert.Throws<NetworkFitException>(() => new NetworkPlan("n", Flatten.Plan, Linear.Plan("fc", 4)).For(new ImageShape(1, 2, 2), 10)).Message,
        StringComparison.Ordinal);

    [Fact]
    public void A_network_that_would_be_too_large_is_refused_before_anything_is_allocated()
    {
        var wide = Assert.Throws<NetworkFitException>(() =>
            new NetworkPlan("n", Flatten.Plan, Linear.Plan("fc1", 60_000), Linear.Plan("fc2")).For(new ImageShape(3, 64, 64), 10));
        var many = Assert.Throws<NetworkFitException>(() =>
            new NetworkPlan("n", Conv2d.Plan("conv", 60_000, kernel: 1), Flatten.Plan, Linear.Plan("fc")).For(new ImageShape(3, 64, 64), 10));

        Assert.Contains("layers[1] (linear fc1) has 737340000 parameters", wide.Message, StringComparison.Ordinal);
        Assert.Contains("layers[0] (conv2d conv) makes 60000×64×64", many.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unnamed_layers_have_their_index_for_a_name_as_in_nn_Sequential()
    {
        var plan = new NetworkPlan(
            "n", Conv2d.Plan(null, 4, kernel: 3, padding: 1), ReLU.Plan,
            Residual.Plan(null, [Conv2d.Plan(null, 4, kernel: 3, padding: 1, bias: false)], ReLU.Plan, BatchNorm2d.Plan("norm")),
            Flatten.Plan, Linear.Plan(null));

        var tensors = plan.For(new ImageShape(1, 4, 4), 3).Layout.Tensors;

        Assert.Equal(
            ["0.weight", "0.bias", "2.body.0.weight", "2.norm.weight", "2.norm.bias", "2.norm.running_mean", "2.norm.running_var", "4.weight", "4.bias"],
            tensors.Select(tensor => tensor.Name));
        Assert.Equal(["2.norm.running_mean", "2.norm.running_var"], tensors.Where(tensor => !tensor.IsTrained).Select(tensor => tensor.Name));
    }

    [Fact]
    public void Normalisations_begin_as_in_PyTorch()
    {
        var network = new Network("n", new ImageShape(2, 2, 2), [new GroupNorm("group", 1, 2), new BatchNorm2d("batch", 2), new Flatten(), new Linear("fc", 8, 2)]);

        Assert.Equal([1, 1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1], network.Initialize(1).Values[..12].ToArray());
    }

    [Fact]
    public void A_network_of_ones_own_takes_the_images_that_it_is_made_for()
    {
        var own = new Network("own", new ImageShape(1, 2, 2), [new Flatten(), new Linear("fc", 4, 3)]);
        var plan = new NetworkRegistry(own).Get("own");

        Assert.Same(own, plan.For(new ImageShape(1, 2, 2), 3));
        Assert.Same(own, plan.Usual);
        Assert.Contains(
            "own can't learn from images of 3×2×2 in 3 classes: it takes images of 1×2×2 in 3 classes",
            Assert.Throws<NetworkFitException>(() => plan.For(new ImageShape(3, 2, 2), 3)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_federations_network_is_that_of_its_data()
    {
        var data = new DatasetReference("images", "source", "digest", new ImageShape(1, 28, 28), 26);

        Assert.Equal(26, Registry.Get(Resolved(data)).Classes);
        Assert.Equal(10, Registry.Get(Resolved(data with { Shape = null, Classes = null })).Classes); // as specs were once
        Assert.Throws<NotRegisteredException>(() => Registry.Get(Resolved(data with { Shape = new ImageShape(1, 2, 2) })));
    }

    [Fact]
    public void A_spec_on_data_that_its_network_can_not_take_is_refused_with_the_field_and_the_data()
    {
        var dataset = new ResolvedDataset("images", "source", "tiny.zip", new ImageShape(3, 8, 8), 4, 100, 20);

        var error = Assert.Throws<InvalidSpecException>(() => DatasetFit.Check(new FederationSpec(), Registry.Get("cifar10-cnn"), dataset));

        Assert.Equal("network", Assert.Single(error.Errors).Field);
        Assert.EndsWith("got 6×2×2 (tiny.zip)", error.Errors[0].Message, StringComparison.Ordinal);
    }

    private static ResolvedSpec Resolved(DatasetReference data) =>
        new(ResolvedSpec.CurrentVersion, "fed", "lanes", data, Initial: null, new FederationSpec());
}
