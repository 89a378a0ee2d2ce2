using FlDurable.Shared.Networks;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>
/// y = W·x + b for every lane, and the ReLU behind it if there is one. Forward, the gradients of the input (Wᵀ·∂y) and those of the
/// weights (∂y·xᵀ) are products of scalars by strips of vectors; for the last the strips run along a row of weights instead of along
/// the images, which takes x transposed and no sums over lanes.
/// </summary>
internal sealed unsafe class LinearStage<TLanes>(
    LaneMemory memory, Linear layer, bool rectify, ParameterSlice parameters, Activations input) : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly nint weightRow = ParameterMemory.RowLength(layer);
    private readonly float* transposed = memory.Allocate(BatchSlice.Images * ParameterMemory.RowLength(layer));

    public override string Name => rectify ? $"{layer.Name} + ReLU" : layer.Name;

    public override double MultiplyAdds => (double)layer.InFeatures * layer.OutFeatures;

    public override Activations Output { get; } =
        Activations.Allocate(memory, layer.OutputShape(input.Shape), withGradients: parameters.WeightGradient != null);

    public override void Forward(int groups)
    {
        var sum = Sum(new Loop(layer.InFeatures, 1, LaneGroup.Size), weightRow, Strip.Offsets<TLanes>(input.GroupLength));
        var sink = new Stored<TLanes>(Output.Values, LaneGroup.Size, Strip.Offsets<TLanes>(Output.GroupLength));
        Cover(new ProductKernel<TLanes, Stored<TLanes>>(sum, parameters.Weight, weightRow, input.Values, 1, sink), layer.OutFeatures, groups);
        Biases.Add<TLanes>(Output, groups, parameters.Bias, rectify);
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
        if (rectify)
            Relu.MaskGradients<TLanes>(Output, groups);
        Biases.SumGradients<TLanes>(Output, groups, parameters.BiasGradient, isFirst);
        Transposition.OfLanes(input, groups, transposed, weightRow);
        if (isFirst)
            ComputeWeightGradients(groups, new Stored<TLanes>(parameters.WeightGradient, weightRow, Strip.Offsets<TLanes>(LaneGroup.Size)));
        else
            ComputeWeightGradients(groups, new Added<TLanes>(parameters.WeightGradient, weightRow, Strip.Offsets<TLanes>(LaneGroup.Size)));
    }

    public override void ComputeInputGradients(int groups)
    {
        var sum = Sum(new Loop(layer.OutFeatures, weightRow, LaneGroup.Size), 1, Strip.Offsets<TLanes>(Output.GroupLength));
        var sink = new Stored<TLanes>(input.Gradients, LaneGroup.Size, Strip.Offsets<TLanes>(input.GroupLength));
        Cover(new ProductKernel<TLanes, Stored<TLanes>>(sum, parameters.Weight, 1, Output.Gradients, 1, sink), layer.InFeatures, groups);
    }

    private void ComputeWeightGradients<TSink>(int groups, TSink sink)
        where TSink : struct, ISumSink<TLanes>
    {
        var overGroups = new Loop(groups, Output.GroupLength, LaneGroup.Size * weightRow);
        var overLanes = new Loop(LaneGroup.Size, 1, weightRow);
        var sum = new TileSum<TLanes, Scalar<TLanes>>(
            Loop.Once, overGroups, overLanes, LaneGroup.Size, Strip.Offsets<TLanes>(LaneGroup.Size));
        var strips = (int)weightRow / Strip.Length;
        Cover(
            new ProductKernel<TLanes, TSink>(sum, Output.Gradients, LaneGroup.Size, transposed, strips, sink),
            layer.OutFeatures,
            Strip.Length / LaneGroup.Size);
    }

    private static TileSum<TLanes, Scalar<TLanes>> Sum(Loop loop, nint rowStride, ColumnOffsets offsets) =>
        new(Loop.Once, Loop.Once, loop, rowStride, offsets);

    private static void Cover<TSink>(ProductKernel<TLanes, TSink> kernel, int rows, int runs)
        where TSink : struct, ISumSink<TLanes> =>
        Tiling.Cover<TLanes, ProductKernel<TLanes, TSink>>(kernel, rows, Strip.Columns<TLanes>(runs));
}
