using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>Which positions of a convolution's output make up a tile's columns.</summary>
/// <param name="Rows">Rows of outputs.</param>
/// <param name="Places">Outputs in a row.</param>
/// <param name="PlacesPerTile">Outputs that one tile yields.</param>
/// <param name="Scale">Positions from one output to the next, down and to the right: 2 where 2×2 windows are pooled, else 1.</param>
internal readonly record struct TileGrid(int Rows, int Places, int PlacesPerTile, int Scale);

/// <summary>
/// A group's convolution. A tile's rows are output channels, whose weights it broadcasts; its columns are neighbouring positions of the
/// output: it sums over input channels and over that part of the kernel which meets more than padding there.
/// </summary>
internal readonly unsafe struct ConvolutionKernel<TLanes, TSink>(
    ConvolutionShape shape, float* weights, float* input, TileGrid grid, ColumnOffsets offsets, TSink sink) : ITileKernel
    where TLanes : struct, ILanes<TLanes>
    where TSink : struct, ISumSink<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Run<TRows, TColumns>(int row, int column)
        where TRows : struct, ICount
        where TColumns : struct, ICount
    {
        var overInputs = new Loop(shape.InChannels, shape.Kernel * shape.Kernel, shape.PaddedPlane);
        for (var y = 0; y < grid.Rows; y++)
        {
            var outputY = grid.Scale * y;
            var (firstY, countY) = shape.KernelMeeting(outputY, grid.Scale, shape.InputHeight);
            var overRows = new Loop(countY, shape.Kernel, shape.PaddedRow);
            for (var x = 0; x < grid.Places; x += grid.PlacesPerTile)
            {
                // A last tile that would not fit computes some outputs once more, and the same.
                var place = Math.Min(x, grid.Places - grid.PlacesPerTile);
                var outputX = grid.Scale * place;
                var (firstX, countX) = shape.KernelMeeting(outputX, grid.Scale * grid.PlacesPerTile, shape.InputWidth);
                var overColumns = new Loop(countX, 1, LaneGroup.Size);
                var sum = new TileSum<TLanes, Scalar<TLanes>>(overInputs, overRows, overColumns, shape.FanIn, offsets);
                var filters = weights + row * shape.FanIn + firstY * shape.Kernel + firstX;
                var corner = input + (shape.Stride * outputY + firstY) * shape.PaddedRow + (shape.Stride * outputX + firstX) * LaneGroup.Size;
                var output = (nint)LaneGroup.Size * (y * grid.Places + place);
                for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                    sum.From<TRows, TColumns>(filters, corner + lane).PutInto(sink, row, output + lane);
            }
        }
    }
}
