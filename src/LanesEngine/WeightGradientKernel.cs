using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// The part that some rows of one group's output have in the gradients of a convolution's weights, lane by lane. A tile's rows are the
/// weights of one kernel row, each times the activation that it meets; its columns are output channels: it sums over
/// positions, and goes on from the sums over the rows and groups before.
/// </summary>
internal readonly unsafe struct WeightGradientKernel<TLanes>(
    ConvolutionShape shape, float* input, GradientRows gradients, int y, int rows, Stored<TLanes> laneSums) : ITileKernel
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Run<TRows, TColumns>(int row, int column)
        where TRows : struct, ICount
        where TColumns : struct, ICount
    {
        var overColumns = new Loop(shape.OutputWidth, shape.Stride * LaneGroup.Size, LaneGroup.Size);
        var offsets = ColumnOffsets.Every(gradients.Plane);
        nint weight = 0;
        for (nint channel = 0; channel < shape.InChannels; channel++)
        {
            for (var kernelY = 0; kernelY < shape.Kernel; kernelY++, weight += shape.Kernel)
            {
                var (firstY, countY) = shape.OutputsMeeting(kernelY, y, rows);
                var overRows = new Loop(countY, shape.Stride * shape.PaddedRow, shape.OutputRow);
                var sum = new TileSum<TLanes, PerLane<TLanes>>(Loop.Once, overRows, overColumns, LaneGroup.Size, offsets);
                var values = input + channel * shape.PaddedPlane + (shape.Stride * firstY + kernelY) * shape.PaddedRow + row * LaneGroup.Size;
                var strip = gradients.First + column * gradients.Plane + (firstY - y) * shape.OutputRow;
                for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                {
                    var place = weight * LaneGroup.Size + lane;
                    sum.Continue(Tile<TLanes, TRows, TColumns>.TakeFrom(laneSums, row, place), values + lane, strip + lane)
                        .PutInto(laneSums, row, place);
                }
            }
        }
    }
}
