using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

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
        var overOutputs = new Loop(channels, shape.FanIn, shape.OutputPlane);
        var (firstY, countY) = shape.KernelThatMet(y, shape.OutputHeight);
        var overRows = new Loop(countY, shape.Stride * shape.Kernel, -shape.OutputRow);
        var outputY = (y + shape.Padding - firstY) / shape.Stride;
        for (var x = 0; x < shape.InputWidth; x++)
        {
            var (firstX, countX) = shape.KernelThatMet(x, shape.OutputWidth);
            var overColumns = new Loop(countX, shape.Stride, -LaneGroup.Size);
            var sum = new TileSum<TLanes, Scalar<TLanes>>(overOutputs, overRows, overColumns, square, offsets);
            var outputX = (x + shape.Padding - firstX) / shape.Stride;
            var filters = weights + row * square + firstY * shape.Kernel + firstX;
            var outputs = gradients + outputY * shape.OutputRow + outputX * LaneGroup.Size;
            nint place = (y * shape.InputWidth + x) * LaneGroup.Size;
            sum.Continue(Tile<TLanes, TRows, TColumns>.TakeFrom(sums, row, place), filters, outputs).PutInto(sums, row, place);
        }
    }
}
