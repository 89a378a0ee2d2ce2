using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>
/// y = W·x + b for every lane, and the ReLU behind it if there is one. Forward, the gradients of the input (Wᵀ·∂y) and those of the
/// weights (∂y·xᵀ) are products of scalars by strips of vectors; for the last the strips run along a row of weights instead of along
/// the images, which takes x transposed and no sums over lanes.
/// </summary>
internal sealed unsafe class LinearStage<TLanes>(
    LaneMemory memory, Linear layer, bool rectify, ParameterSlice parameters, Activations input) : Stage
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>
    /// Rows of weights that are read together. A large layer's weights don't fit the caches, and the hardware prefetcher follows some
    /// thirty sequential streams at a time: with all rows visited in turn it forgets each row before it comes back to it.
    /// </summary>
    private const int RowsAtOnce = 30;

    /// <summary>Features of two groups that stay in a core's L1 cache (32 KiB or more) while the rows of weights are multiplied with them.</summary>
    private const int FeaturesAtOnce = 224;

    /// <summary>Strips of the input's transpose, 4 KiB each, that stay in a core's L2 cache while all rows are multiplied with them.</summary>
    private const int StripsAtOnce = 32;

    private readonly nint weightRow = ParameterMemory.RowLength(layer);
    private readonly float* transposed =
        parameters.WeightGradient == null ? null : memory.Allocate(BatchSlice.Images * ParameterMemory.RowLength(layer));

    public override string Name => rectify ? $"{layer.Name} + ReLU" : layer.Name;

    public override double MultiplyAdds => (double)layer.InFeatures * layer.OutFeatures;

    public override Activations Output { get; } =
        Activations.Allocate(memory, layer.OutputShape(input.Shape), withGradients: parameters.WeightGradient != null);

    public override void Forward(int groups)
    {
        for (var row = 0; row < layer.OutFeatures;)
        {
            var rows = Tiling.NextBlock(layer.OutFeatures - row, RowsAtOnce);
            for (var feature = 0; feature < layer.InFeatures;)
            {
                var features = Tiling.NextBlock(layer.InFeatures - feature, FeaturesAtOnce);
                Multiply(
                    new Weights(parameters.Weight + row * weightRow + feature, weightRow, 1),
                    new Features(input.Values, input.GroupLength, feature, features),
                    new Features(Output.Values, Output.GroupLength, row, rows),
                    groups,
                    isFirst: feature == 0);
                feature += features;
            }

            row += rows;
        }

        Biases.Add<TLanes>(Output, groups, parameters.Bias, rectify);
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
        if (rectify)
            Relu.MaskGradients<TLanes>(Output, groups);
        Biases.SumGradients<TLanes>(Output, groups, parameters.BiasGradient, isFirst);
        Transposition.OfLanes(input.Values, input.Shape.Length, groups, transposed, weightRow);
        var rowStrips = (int)(weightRow / Strip.Length);
        for (var first = 0; first < rowStrips;)
        {
            var strips = Tiling.NextBlock(rowStrips - first, StripsAtOnce);
            ComputeWeightGradients(groups, (nint)first * Strip.Length, strips, isFirst);
            first += strips;
        }
    }

    public override void ComputeInputGradients(int groups)
    {
        for (var row = 0; row < layer.OutFeatures;)
        {
            var rows = Tiling.NextBlock(layer.OutFeatures - row, RowsAtOnce);
            Multiply(
                new Weights(parameters.Weight + row * weightRow, 1, weightRow),
                new Features(Output.Gradients, Output.GroupLength, row, rows),
                new Features(input.Gradients, input.GroupLength, 0, layer.InFeatures),
                groups,
                isFirst: row == 0);
            row += rows;
        }
    }

    /// <summary>Computes the gradients of some strips of every row of weights.</summary>
    private void ComputeWeightGradients(int groups, nint place, int strips, bool isFirst)
    {
        var strip = new Strip<TLanes>(Strip.Runs, LaneGroup.Size);
        var overGroups = new Loop(groups, Output.GroupLength, LaneGroup.Size * weightRow);
        var overLanes = new Loop(LaneGroup.Size, 1, weightRow);
        var sum = new TileSum<TLanes, Scalar<TLanes>>(Loop.Once, overGroups, overLanes, LaneGroup.Size, strip.Offsets);
        var sums = new Stored<TLanes>(parameters.WeightGradient + place, weightRow, strip.Offsets);
        var kernel = new ProductKernel<TLanes>(
            sum, Output.Gradients, LaneGroup.Size, transposed + place, strip, strips, sums, strip, isFirst);
        Tiling.Cover<TLanes, ProductKernel<TLanes>>(kernel, layer.OutFeatures, strip.Columns);
    }

    /// <summary>to = weights · from for the first block of what is summed over; the product of each later block is added to what is there.</summary>
    private static void Multiply(Weights weights, Features from, Features to, int groups, bool isFirst)
    {
        var strip = new Strip<TLanes>(groups, from.Group);
        var sumStrip = new Strip<TLanes>(groups, to.Group);
        var overFeatures = new Loop(from.Count, weights.Step, LaneGroup.Size);
        var sum = new TileSum<TLanes, Scalar<TLanes>>(Loop.Once, Loop.Once, overFeatures, weights.Row, strip.Offsets);
        var sums = new Stored<TLanes>(to.First, LaneGroup.Size, sumStrip.Offsets);
        var kernel = new ProductKernel<TLanes>(sum, weights.First, weights.Row, from.First, strip, strips: 1, sums, sumStrip, isFirst);
        Tiling.Cover<TLanes, ProductKernel<TLanes>>(kernel, to.Count, strip.Columns);
    }

    /// <summary>Some of the weights, or their transpose.</summary>
    private readonly struct Weights(float* first, nint row, nint step)
    {
        public readonly float* First = first;

        /// <summary>From a row to the next.</summary>
        public readonly nint Row = row;

        /// <summary>From a weight to the next in its row.</summary>
        public readonly nint Step = step;
    }

    /// <summary>Some features of a slice, their values or their gradients, a vector each.</summary>
    private readonly struct Features(float* all, nint group, int feature, int count)
    {
        public readonly float* First = all + (nint)feature * LaneGroup.Size;

        /// <summary>From a group to the next.</summary>
        public readonly nint Group = group;

        public readonly int Count = count;
    }
}
