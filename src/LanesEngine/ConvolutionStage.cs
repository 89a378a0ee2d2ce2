using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>A convolution, each group of its channels by itself, and the ReLU behind it if there is one.</summary>
internal sealed unsafe class ConvolutionStage<TLanes> : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly ConvolutionShape shape; // of one group
    private readonly ParameterSlice parameters;
    private readonly Convolution<TLanes>[] convolutions; // by group
    private readonly ConvolutionGradients<TLanes>[] waysBack; // by group; none where the network is only evaluated
    private readonly bool rectify;

    public ConvolutionStage(LaneMemory memory, Conv2d layer, bool rectify, ParameterSlice parameters, Activations input)
    {
        this.parameters = parameters;
        Name = rectify ? $"{layer.Name} + ReLU" : layer.Name;
        this.rectify = rectify;
        var output = layer.OutputShape(input.Shape);
        shape = new ConvolutionShape(layer, input.Shape, output);
        Output = Activations.Allocate(memory, output, withGradients: parameters.WeightGradient != null);
        convolutions = new Convolution<TLanes>[layer.Groups];
        waysBack = Output.HasGradients ? new ConvolutionGradients<TLanes>[layer.Groups] : [];
        for (var group = 0; group < layer.Groups; group++)
        {
            var weights = parameters.WeightsFrom((nint)group * shape.OutChannels * shape.FanIn);
            var channels = input.Channels(group * shape.InChannels, shape.InChannels);
            convolutions[group] = new Convolution<TLanes>(memory, shape, weights, channels);
            if (Output.HasGradients)
                waysBack[group] = new ConvolutionGradients<TLanes>(memory, shape, weights, channels, convolutions[group].Padded);
        }
    }

    public override string Name { get; }

    public override double MultiplyAdds => convolutions.Length * shape.MultiplyAdds;

    public override Activations Output { get; }

    public override void Forward(int groups)
    {
        var columns = Math.Min(Tiling.BestColumns<TLanes>(), shape.OutputWidth);
        var grid = new TileGrid(shape.OutputHeight, shape.OutputWidth, columns, Scale: 1);
        for (var index = 0; index < convolutions.Length; index++)
        {
            convolutions[index].Pad(groups);
            var output = OutputOf(index);
            for (var group = 0; group < groups; group++)
            {
                var sink = new Stored<TLanes>(output.Values + group * output.GroupLength, shape.OutputPlane, ColumnOffsets.Every(LaneGroup.Size));
                convolutions[index].Convolve(group, grid, columns, ColumnOffsets.Every(shape.Stride * LaneGroup.Size), sink);
            }
        }

        Biases.Add<TLanes>(Output, groups, parameters.Bias, rectify);
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
        if (rectify)
            Relu.MaskGradients<TLanes>(Output, groups);
        Biases.SumGradients<TLanes>(Output, groups, parameters.BiasGradient, isFirst);
        for (var index = 0; index < waysBack.Length; index++)
            waysBack[index].ComputeWeightGradients(groups, new StoredGradients(OutputOf(index)), isFirst);
    }

    public override void ComputeInputGradients(int groups)
    {
        for (var index = 0; index < waysBack.Length; index++)
            waysBack[index].ComputeInputGradients(groups, OutputOf(index).Gradients, Output.GroupLength);
    }

    private Activations OutputOf(int index) => Output.Channels(index * shape.OutChannels, shape.OutChannels);
}
