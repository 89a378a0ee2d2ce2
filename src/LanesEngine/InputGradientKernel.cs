using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// What some output channels have to do with the gradients of one row of a convolution's input. A tile's rows are input channels, whose
/// weights it broadcasts; its columns are a strip at one position, or at several that the same part of the kernel met: it sums over output
/// channels and over that part, and goes on from the sums over the channels before.
/// </summary>
/// <param name="shape">The convolution.</param>
/// <param name="weights">The first output channel's.</param>
/// <param name="gradients">The output's, of the first channel and run.</param>
/// <param name="channels">How many output channels.</param>
/// <param name="y">The input's row.</param>
/// <param name="places">Each tile's first position in the row.</param>
/// <param name="offsets">Where a tile's columns lie in the gradients.</param>
/// <param name="sums">The input's gradients.</param>
internal readonly unsafe struct InputGradientKernel<TLanes>(
    ConvolutionShape shape, float* weights, float* gradients, int channels, int y, int[] places, ColumnOffsets offsets, Stored<TLanes> sums) : ITileKernel
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
        foreach (var x in places)
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
