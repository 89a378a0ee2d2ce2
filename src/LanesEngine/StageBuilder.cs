using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>Makes stages of layers: one of as many as are computed together.</summary>
/// <param name="memory">Where activations go.</param>
/// <param name="parameters">The network's parameters.</param>
/// <param name="gradients">Their gradients; null when the network is only evaluated.</param>
/// <param name="noise">What dropout layers draw from.</param>
internal sealed unsafe class StageBuilder<TLanes>(LaneMemory memory, ParameterMemory parameters, ParameterMemory? gradients, DropoutNoise noise)
    where TLanes : struct, ILanes<TLanes>
{
    private int dropouts;

    /// <summary>Makes the stages of layers one behind the other.</summary>
    /// <exception cref="NotSupportedException">A layer is not known.</exception>
    public StageChain Build(IReadOnlyList<Layer> layers, Activations input)
    {
        var stages = new List<Stage>();
        var output = input;
        ReadOnlySpan<Layer> rest = [.. layers];
        while (!rest.IsEmpty)
            output = Add(stages, ref rest, output);
        return new StageChain([.. stages], input, output);
    }

    private Activations Add(List<Stage> stages, ref ReadOnlySpan<Layer> rest, Activations activations)
    {
        if (rest is [Flatten flatten, ..])
        {
            rest = rest[1..];
            return activations.As(flatten.OutputShape(activations.Shape));
        }

        if (rest is [Dropout dropout, ..] && Skips(dropout))
        {
            rest = rest[1..];
            return activations;
        }

        var (stage, layers) = Next(rest, activations);
        stages.Add(stage);
        rest = rest[layers..];
        return stage.Output;
    }

    /// <summary>The stage of the next layers, and how many they are.</summary>
    private (Stage Stage, int Layers) Next(ReadOnlySpan<Layer> rest, Activations activations) => rest switch
    {
        [Conv2d convolution, ReLU, MaxPool2d pooling, ..] when AreTogether(convolution, pooling) =>
            (new PooledConvolutionStage<TLanes>(memory, convolution, rectify: true, pooling, Slice(convolution), activations), 3),
        [Conv2d convolution, MaxPool2d pooling, ..] when AreTogether(convolution, pooling) =>
            (new PooledConvolutionStage<TLanes>(memory, convolution, rectify: false, pooling, Slice(convolution), activations), 2),
        [Conv2d convolution, ReLU, ..] =>
            (new ConvolutionStage<TLanes>(memory, convolution, rectify: true, Slice(convolution), activations), 2),
        [Conv2d convolution, ..] =>
            (new ConvolutionStage<TLanes>(memory, convolution, rectify: false, Slice(convolution), activations), 1),
        [Linear linear, ReLU, ..] => (new LinearStage<TLanes>(memory, linear, rectify: true, Slice(linear), activations), 2),
        [Linear linear, ..] => (new LinearStage<TLanes>(memory, linear, rectify: false, Slice(linear), activations), 1),
        [GroupNorm norm, ReLU, ..] => (new GroupNormStage<TLanes>(memory, norm, rectify: true, Slice(norm), activations), 2),
        [GroupNorm norm, ..] => (new GroupNormStage<TLanes>(memory, norm, rectify: false, Slice(norm), activations), 1),
        [Residual residual, ReLU, ..] => (MakeResidual(residual, rectify: true, activations), 2),
        [Residual residual, ..] => (MakeResidual(residual, rectify: false, activations), 1),
        [MaxPool2d pooling, ..] => (new MaxPoolStage<TLanes>(memory, pooling, activations), 1),
        [AvgPool2d pooling, ..] => (new AveragePoolStage<TLanes>(memory, pooling, activations), 1),
        [GlobalAvgPool2d pooling, ..] => (new GlobalAveragePoolStage<TLanes>(memory, pooling, activations), 1),
        [Dropout dropout, ..] => (new DropoutStage<TLanes>(memory, dropout, noise, dropouts++, activations), 1),
        [ReLU, ..] => (new ReluStage<TLanes>(memory, activations), 1),
        _ => throw new NotSupportedException(LanesTrainingEngine.UnknownLayer(rest[0])),
    };

    private static bool AreTogether(Conv2d convolution, MaxPool2d pooling) =>
        convolution is { Stride: 1, Groups: 1 } && pooling.Window == new SlidingWindow(PoolingWindow.Size, PoolingWindow.Size, Padding: 0);

    private ResidualStage<TLanes> MakeResidual(Residual layer, bool rectify, Activations activations) => new(
        memory, layer.Name, rectify, gradients is not null, activations,
        (body, shortcut) => (Build(layer.Body, body), Build(layer.Shortcut, shortcut)));

    private bool Skips(Dropout dropout)
    {
        var skips = gradients is null || dropout.Probability == 0;
        if (skips)
            dropouts++;
        return skips;
    }

    private ParameterSlice Slice(ParametricLayer layer)
    {
        var bias = layer.HasBias ? parameters.Of(layer.BiasName) : null;
        return gradients is null
            ? new(parameters.Of(layer.WeightName), bias, null, null)
            : new(
                parameters.Of(layer.WeightName), bias,
                gradients.Of(layer.WeightName), layer.HasBias ? gradients.Of(layer.BiasName) : null);
    }
}
