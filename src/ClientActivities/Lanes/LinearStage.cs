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
    /// <summary>Features of two groups that stay in a core's fastest cache (32 KiB or more) while all rows of weights meet them.</summary>
    private const int FeaturesAtOnce = 224;

    /// <summary>Strips of the input's transpose that do, 4 KiB each.</summary>
    private const int StripsAtOnce = 4;

    private readonly nint weightRow = ParameterMemory.RowLength(layer);
    private readonly float* transposed = memory.Allocate(BatchSlice.Images * ParameterMemory.RowLength(layer));

    public override string Name => rectify ? $"{layer.Name} + ReLU" : layer.Name;

    public override double MultiplyAdds => (double)layer.InFeatures * layer.OutFeatures;

    public override Activations Output { get; } =
        Activations.Allocate(memory, layer.OutputShape(input.Shape), withGradients: parameters.WeightGradient != null);

    public override void Forward(int groups)
    {
        Multiply(
            new Weights(parameters.Weight, weightRow, 1),
            new Features(input.Values, input.GroupLength, layer.InFeatures),
            new Features(Output.Values, Output.GroupLength, layer.OutFeatures),
            groups);
        Biases.Add<TLanes>(Output, groups, parameters.Bias, rectify);
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
        if (rectify)
            Relu.MaskGradients<TLanes>(Output, groups);
        Biases.SumGradients<TLanes>(Output, groups, parameters.BiasGradient, isFirst);
        Transposition.OfLanes(input, groups, transposed, weightRow);
        for (nint place = 0; place < weightRow; place += StripsAtOnce * Strip.Length)
        {
            var strip = new Strip<TLanes>(Strip.Runs, LaneGroup.Size);
            if (isFirst)
                ComputeWeightGradients(groups, place, strip, new Stored<TLanes>(parameters.WeightGradient + place, weightRow, strip.Offsets));
            else
                ComputeWeightGradients(groups, place, strip, new Added<TLanes>(parameters.WeightGradient + place, weightRow, strip.Offsets));
        }
    }

    public override void ComputeInputGradients(int groups) => Multiply(
        new Weights(parameters.Weight, 1, weightRow),
        new Features(Output.Gradients, Output.GroupLength, layer.OutFeatures),
        new Features(input.Gradients, input.GroupLength, layer.InFeatures),
        groups);

    /// <summary>Computes the gradients of a few strips of every row of weights.</summary>
    private void ComputeWeightGradients<TSink>(int groups, nint place, Strip<TLanes> strip, TSink sink)
        where TSink : struct, ISumSink<TLanes>
    {
        var overGroups = new Loop(groups, Output.GroupLength, LaneGroup.Size * weightRow);
        var overLanes = new Loop(LaneGroup.Size, 1, weightRow);
        var sum = new TileSum<TLanes, Scalar<TLanes>>(Loop.Once, overGroups, overLanes, LaneGroup.Size, strip.Offsets);
        var strips = (int)Math.Min(StripsAtOnce, (weightRow - place) / Strip.Length);
        var kernel = new ProductKernel<TLanes, TSink>(
            sum, Output.Gradients, LaneGroup.Size, transposed + place, strip, strips, sink, strip);
        Tiling.Cover<TLanes, ProductKernel<TLanes, TSink>>(kernel, layer.OutFeatures, strip.Columns);
    }

    /// <summary>to = weights · from, some features at a time.</summary>
    private static void Multiply(Weights weights, Features from, Features to, int groups)
    {
        var strip = new Strip<TLanes>(groups, to.Group);
        for (var first = 0; first < from.Count;)
        {
            var count = Tiling.NextBlock(from.Count - first, FeaturesAtOnce);
            if (first == 0)
                Multiply(weights, from, first, count, groups, to.Count, strip, new Stored<TLanes>(to.First, LaneGroup.Size, strip.Offsets));
            else
                Multiply(weights, from, first, count, groups, to.Count, strip, new Added<TLanes>(to.First, LaneGroup.Size, strip.Offsets));
            first += count;
        }
    }

    private static void Multiply<TSink>(
        Weights weights, Features from, int first, int count, int groups, int rows, Strip<TLanes> sinkStrip, TSink sink)
        where TSink : struct, ISumSink<TLanes>
    {
        var strip = new Strip<TLanes>(groups, from.Group);
        var overFeatures = new Loop(count, weights.Step, LaneGroup.Size);
        var sum = new TileSum<TLanes, Scalar<TLanes>>(Loop.Once, Loop.Once, overFeatures, weights.Row, strip.Offsets);
        var kernel = new ProductKernel<TLanes, TSink>(
            sum, weights.First + first * weights.Step, weights.Row, from.First + (nint)first * LaneGroup.Size, strip, strips: 1, sink, sinkStrip);
        Tiling.Cover<TLanes, ProductKernel<TLanes, TSink>>(kernel, rows, strip.Columns);
    }

    /// <summary>The weights, or their transpose.</summary>
    private readonly struct Weights(float* first, nint row, nint step)
    {
        public readonly float* First = first;

        /// <summary>From a row to the next.</summary>
        public readonly nint Row = row;

        /// <summary>From a weight to the next in its row.</summary>
        public readonly nint Step = step;
    }

    /// <summary>Values or gradients of a slice, a vector a feature.</summary>
    private readonly struct Features(float* first, nint group, int count)
    {
        public readonly float* First = first;

        /// <summary>From a group to the next.</summary>
        public readonly nint Group = group;

        public readonly int Count = count;
    }
}
