using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.LanesEngine.Tests.Support;

/// <summary>Small networks that each have a layer in a way that random ones have seldom or never.</summary>
internal static class LayerNetworks
{
    private static readonly Dictionary<string, Network> All = new[]
    {
        Of("dropout", new ImageShape(2, 6, 5), new Conv2d("conv", 2, 4, 3), new ReLU(), new Dropout(0.3), new Flatten(), new Linear("fc1", 48, 20), new Dropout(0.6), new Linear("fc2", 20, 3)),
        Of("depthwise", new ImageShape(3, 9, 7), new Conv2d("conv1", 3, 6, 3, Padding: 1, Stride: 2, Groups: 3), new ReLU(), new Conv2d("conv2", 6, 6, 3, Padding: 1, Groups: 6), new GroupNorm("norm", 2, 6), new ReLU(), new Flatten(), new Linear("fc", 120, 4)),
        Of("strides", new ImageShape(2, 11, 10), new Conv2d("conv1", 2, 3, 5, Padding: 2, Stride: 3), new Conv2d("conv2", 3, 5, 2, Stride: 2, Bias: false), new Conv2d("conv3", 5, 7, 1, Padding: 1, Stride: 2), new Flatten(), new Linear("fc", 28, 3, Bias: false)),
        Of("poolings", new ImageShape(2, 9, 8), new Conv2d("conv", 2, 3, 3, Padding: 1), new MaxPool2d(3, 2, 1), new AvgPool2d(3, 1, 1, CountPadding: false), new AvgPool2d(2, 1), new Flatten(), new Linear("fc", 36, 3)),
        Of("blocks", new ImageShape(1, 6, 6), new Residual("first", [new Conv2d("first.conv", 1, 1, 3, Padding: 1)], []), new Residual("outer", [new Residual("outer.inner", [new Conv2d("outer.inner.conv", 1, 4, 3, Padding: 1, Stride: 2), new ReLU()], [new AvgPool2d(2), new Conv2d("outer.inner.project", 1, 4, 1)]), new ReLU()], [new Conv2d("outer.project", 1, 4, 2, Stride: 2)]), new ReLU(), new Flatten(), new Linear("fc", 36, 3)),
        Of("flat block", new ImageShape(1, 4, 4), new Flatten(), new Residual("block", [new Linear("block.fc", 16, 16), new ReLU()], []), new Linear("fc", 16, 3)),
        Of("pixels first", new ImageShape(2, 6, 6), new GroupNorm("norm", 1, 2), new AvgPool2d(2), new Residual("block", [new ReLU()], []), new Flatten(), new Linear("fc", 18, 3)),
        new NetworkRegistry().Get("resnet8-gn").For(new ImageShape(3, 8, 8), 5),
        new NetworkRegistry().Get("mlp").For(new ImageShape(1, 6, 6), 26),
        new NetworkRegistry().Get("lenet5").For(new ImageShape(1, 16, 12), 5),
        new NetworkRegistry().Get("cifar10-cnn").For(new ImageShape(1, 16, 17), 26),
    }.ToDictionary(network => network.Name, StringComparer.Ordinal);

    /// <summary>Their names.</summary>
    public static TheoryData<string> Names => [.. All.Keys];

    /// <summary>One of them.</summary>
    public static Network Get(string name) => All[name];

    private static Network Of(string name, ImageShape input, params Layer[] layers) => new(name, input, layers);
}
