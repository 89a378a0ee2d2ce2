using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>
/// A convolution, perhaps a ReLU, and 2×2 max-pooling as one: the four positions of a window are a tile's columns, and what is not the
/// window's largest never leaves the registers.
/// </summary>
internal sealed unsafe class PooledConvolutionStage<TLanes> : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly ConvolutionShape shape;
    private readonly ParameterSlice parameters;
    private readonly Convolution<TLanes> convolution;
    private readonly float* biases; // zeros where the layer has none
    private readonly bool rectify;
    private readonly float* winners; // by pooled value: which column won its window
    private readonly float* scattered; // the gradients of the convolution's output: all of them if the input's are asked for, else a strip
    private readonly bool areKept;
    private readonly float* biasSums;

    public PooledConvolutionStage(
        LaneMemory memory, Conv2d layer, bool rectify, MaxPool2d pooling, ParameterSlice parameters, Activations input)
    {
        this.parameters = parameters;
        Name = rectify ? $"{layer.Name} + ReLU + max-pooling" : $"{layer.Name} + max-pooling";
        this.rectify = rectify;
        var isTrained = parameters.WeightGradient != null;
        var pooled = pooling.OutputShape(layer.OutputShape(input.Shape));
        var looked = pooled with { Height = pooling.Size * pooled.Height, Width = pooling.Size * pooled.Width };
        shape = new ConvolutionShape(layer, input.Shape, looked);
        convolution = new Convolution<TLanes>(memory, shape, parameters, input);
        biases = parameters.Bias == null ? memory.Allocate(layer.OutChannels) : parameters.Bias;
        Output = Activations.Allocate(memory, pooled, isTrained);
        winners = memory.Allocate(Output.GroupLength * BatchSlice.Groups);
        areKept = input.HasGradients;
        if (!isTrained)
            return;
        biasSums = memory.Allocate(shape.OutChannels * LaneGroup.Size);
        var strip = (nint)Convolution<TLanes>.ChannelsTogether * convolution.StripRows(PoolingWindow.Size) * looked.Width;
        scattered = memory.Allocate((areKept ? looked.Length * BatchSlice.Groups : strip) * LaneGroup.Size);
    }

    public override string Name { get; }

    public override double MultiplyAdds => shape.MultiplyAdds;

    public override Activations Output { get; }

    public override void Forward(int groups)
    {
        convolution.Pad(groups);
        var grid = new TileGrid(Output.Shape.Height, Output.Shape.Width, PlacesPerTile: 1, PoolingWindow.Size);
        var plane = (nint)Output.Shape.Height * Output.Shape.Width * LaneGroup.Size;
        for (var group = 0; group < groups; group++)
        {
            var at = group * Output.GroupLength;
            var sink = new Pooled<TLanes>(Output.Values + at, winners + at, plane, biases, rectify);
            convolution.Convolve(group, grid, PoolingWindow.Positions, PoolingWindow.Columns(shape.PaddedRow), sink);
        }
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
        new Span<float>(biasSums, shape.OutChannels * LaneGroup.Size).Clear();
        convolution.ComputeWeightGradients(groups, new PooledGradients<TLanes>(Output, winners, scattered, areKept, biasSums), isFirst);
        if (parameters.BiasGradient != null)
            LaneGroup.SumEach(biasSums, parameters.BiasGradient, shape.OutChannels, isFirst);
    }

    public override void ComputeInputGradients(int groups) =>
        convolution.ComputeInputGradients(groups, scattered, shape.OutChannels * shape.OutputPlane);
}
