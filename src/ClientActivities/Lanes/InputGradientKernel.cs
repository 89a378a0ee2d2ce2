using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>
/// What some output channels have to do with the gradients of one row of a convolution's input. A tile's rows are input channels, whose
/// weights it broadcasts; its columns are a strip at one position: it sums over output channels and over that part of the
/// kernel which met an output there, and goes on from the sums over the channels before.
/// </summary>
internal readonly unsafe struct InputGradientKernel<TLanes>(
    ConvolutionShape shape, float* weights, float* gradients, int channels, int y, ColumnOffsets offsets, Stored<TLanes> sums) : ITileKernel
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Run<TRows, TColumns>(int row, int column)
        where TRows : struct, ICount
        where TColumns : struct, ICount
    {
        var square = shape.Kernel * shape.Kernel;
        var outputRow = shape.OutputWidth * LaneGroup.Size;
        var overOutputs = new Loop(channels, shape.FanIn, shape.OutputHeight * outputRow);
        var (firstY, countY) = Overlap(y + shape.Padding, shape.OutputHeight);
        var overRows = new Loop(countY, shape.Kernel, -outputRow);
        var outputY = y + shape.Padding - firstY;
        for (var x = 0; x < shape.InputWidth; x++)
        {
            var (firstX, countX) = Overlap(x + shape.Padding, shape.OutputWidth);
            var overColumns = new Loop(countX, 1, -LaneGroup.Size);
            var sum = new TileSum<TLanes, Scalar<TLanes>>(overOutputs, overRows, overColumns, square, offsets);
            var outputX = x + shape.Padding - firstX;
            var filters = weights + row * square + firstY * shape.Kernel + firstX;
            var outputs = gradients + outputY * outputRow + outputX * LaneGroup.Size;
            nint place = (y * shape.InputWidth + x) * LaneGroup.Size;
            sum.Continue(Tile<TLanes, TRows, TColumns>.TakeFrom(sums, row, place), filters, outputs).PutInto(sums, row, place);
        }
    }

    /// <summary>Which weights of a kernel row (or column) meet an output when they lie on a padded input position.</summary>
    private (int First, int Count) Overlap(int position, int outputs)
    {
        var first = Math.Max(0, position - outputs + 1);
        var last = Math.Min(position, shape.Kernel - 1);
        return (first, Math.Max(0, last - first + 1));
    }
}
