using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>A convolution, and the ReLU behind it if there is one.</summary>
internal sealed unsafe class ConvolutionStage<TLanes> : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly ConvolutionShape shape;
    private readonly ParameterSlice parameters;
    private readonly Convolution<TLanes> convolution;
    private readonly bool rectify;

    public ConvolutionStage(LaneMemory memory, Conv2d layer, bool rectify, ParameterSlice parameters, Activations input)
    {
        this.parameters = parameters;
        Name = rectify ? $"{layer.Name} + ReLU" : layer.Name;
        this.rectify = rectify;
        var output = layer.OutputShape(input.Shape);
        shape = new ConvolutionShape(layer, input.Shape, output);
        convolution = new Convolution<TLanes>(memory, shape, parameters, input);
        Output = Activations.Allocate(memory, output, withGradients: parameters.WeightGradient != null);
    }

    public override string Name { get; }

    public override double MultiplyAdds => shape.MultiplyAdds;

    public override Activations Output { get; }

    public override void Forward(int groups)
    {
        convolution.Pad(groups);
        var columns = Math.Min(Tiling.BestColumns<TLanes>(), shape.OutputWidth);
        var grid = new TileGrid(shape.OutputHeight, shape.OutputWidth, columns, Scale: 1);
        var offsets = ColumnOffsets.Every(LaneGroup.Size);
        for (var group = 0; group < groups; group++)
        {
            var sink = new Stored<TLanes>(Output.Values + group * Output.GroupLength, shape.OutputPlane, offsets);
            convolution.Convolve(group, grid, columns, offsets, sink);
        }

        Biases.Add<TLanes>(Output, groups, parameters.Bias, rectify);
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
        if (rectify)
            Relu.MaskGradients<TLanes>(Output, groups);
        Biases.SumGradients<TLanes>(Output, groups, parameters.BiasGradient, isFirst);
        convolution.ComputeWeightGradients(groups, new StoredGradients(Output), isFirst);
    }

    public override void ComputeInputGradients(int groups) => convolution.ComputeInputGradients(groups, Output.Gradients);
}
