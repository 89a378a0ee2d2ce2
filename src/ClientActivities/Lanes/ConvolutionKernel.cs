using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>Which positions of a convolution's output make up a tile's columns.</summary>
/// <param name="Rows">Rows of outputs.</param>
/// <param name="Places">Outputs in a row.</param>
/// <param name="PlacesPerTile">Outputs that one tile yields.</param>
/// <param name="Scale">Positions from one output to the next, down and to the right: 2 where 2×2 windows are pooled, else 1.</param>
internal readonly record struct TileGrid(int Rows, int Places, int PlacesPerTile, int Scale);

/// <summary>
/// A group's convolution. A tile's rows are output channels, whose weights it broadcasts; its columns are neighbouring positions of the
/// output: it sums over input channels and the kernel.
/// </summary>
internal readonly unsafe struct ConvolutionKernel<TLanes, TSink>(
    TileSum<TLanes, Scalar<TLanes>> sum, float* weights, nint fanIn, float* input, int inputWidth, TileGrid grid, TSink sink) : ITileKernel
    where TLanes : struct, ILanes<TLanes>
    where TSink : struct, ISumSink<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Run<TRows, TColumns>(int row, int column)
        where TRows : struct, ICount
        where TColumns : struct, ICount
    {
        var filters = weights + row * fanIn;
        for (var y = 0; y < grid.Rows; y++)
        {
            for (var x = 0; x < grid.Places; x += grid.PlacesPerTile)
            {
                // A last tile that would not fit computes some outputs once more, and the same.
                var place = Math.Min(x, grid.Places - grid.PlacesPerTile);
                var corner = input + (nint)LaneGroup.Size * grid.Scale * (y * inputWidth + place);
                var output = (nint)LaneGroup.Size * (y * grid.Places + place);
                for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                    sum.From<TRows, TColumns>(filters, corner + lane).PutInto(sink, row, output + lane);
            }
        }
    }
}
