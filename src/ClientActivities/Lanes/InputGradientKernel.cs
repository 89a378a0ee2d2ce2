using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>
/// The gradients of a convolution's input. A tile's rows are input channels, whose weights it broadcasts; its columns are the slice's
/// groups at one position: it sums over output channels and over that part of the kernel which met an output there.
/// </summary>
internal readonly unsafe struct InputGradientKernel<TLanes>(
    ConvolutionShape shape, float* weights, float* gradients, ColumnOffsets offsets, Stored<TLanes> sink) : ITileKernel
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Run<TRows, TColumns>(int row, int column)
        where TRows : struct, ICount
        where TColumns : struct, ICount
    {
        var square = shape.Kernel * shape.Kernel;
        var outputRow = shape.OutputWidth * LaneGroup.Size;
        var overOutputs = new Loop(shape.OutChannels, shape.FanIn, shape.OutputHeight * outputRow);
        for (var y = 0; y < shape.InputHeight; y++)
        {
            var (firstY, countY) = Overlap(y + shape.Padding, shape.OutputHeight);
            var overRows = new Loop(countY, shape.Kernel, -outputRow);
            for (var x = 0; x < shape.InputWidth; x++)
            {
                var (firstX, countX) = Overlap(x + shape.Padding, shape.OutputWidth);
                var overColumns = new Loop(countX, 1, -LaneGroup.Size);
                var sum = new TileSum<TLanes, Scalar<TLanes>>(overOutputs, overRows, overColumns, square, offsets);
                var outputY = y + shape.Padding - firstY;
                var outputX = x + shape.Padding - firstX;
                var filters = weights + row * square + firstY * shape.Kernel + firstX;
                var outputs = gradients + outputY * outputRow + outputX * LaneGroup.Size;
                nint place = (y * shape.InputWidth + x) * LaneGroup.Size;
                for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                    sum.From<TRows, TColumns>(filters, outputs + lane).PutInto(sink, row, place + lane);
            }
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
