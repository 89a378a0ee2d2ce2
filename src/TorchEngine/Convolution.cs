using FlDurable.Shared.Networks;
using static TorchSharp.torch;

namespace FlDurable.TorchEngine;

/// <summary>Convolutions, always on images that are clearly laid out as <see cref="ChannelsLast"/> says.</summary>
internal static class Convolution
{
    /// <summary>What a layer makes of values.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="input">What comes to it.</param>
    /// <param name="weight">Its weight.</param>
    /// <param name="bias">Its bias, if it has one.</param>
    public static Func<Tensor, Tensor> Of(Conv2d layer, ImageShape input, Tensor weight, Tensor? bias)
    {
        var group = input with { Channels = layer.InChannels / layer.Groups };
        if (!ChannelsLast.IsAmbiguous(group))
            return values => Convolve(layer, values, weight, bias, layer.Groups);
        return layer.Groups == 1
            ? values => Widened(layer, values, weight, bias)
            : values => InGroups(layer, values, weight, bias);
    }

    /// <summary>Each group by itself.</summary>
    private static Tensor InGroups(Conv2d layer, Tensor values, Tensor weight, Tensor? bias)
    {
        var parts = values.chunk(layer.Groups, dim: 1).Zip(weight.chunk(layer.Groups, dim: 0)).ToList();
        var biases = bias?.chunk(layer.Groups, dim: 0);
        return ChannelsLast.Kept(cat(
            [.. parts.Select((part, group) => Widened(layer, part.First, part.Second, biases?[group]))], dim: 1));
    }

    private static Tensor Widened(Conv2d layer, Tensor values, Tensor weight, Tensor? bias) =>
        Convolve(layer, ChannelsLast.Of(values), ChannelsLast.Of(weight), bias, groups: 1);

    private static Tensor Convolve(Conv2d layer, Tensor values, Tensor weight, Tensor? bias, long groups) => nn.functional.conv2d(
        values, weight, bias, strides: [layer.Stride, layer.Stride], padding: [layer.Padding, layer.Padding], groups: groups);
}
