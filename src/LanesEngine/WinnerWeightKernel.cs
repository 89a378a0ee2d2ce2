using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// One lane's part in the gradients of a convolution's weights. A tile's rows are rows of the kernel, its columns the vectors of their runs:
/// it sums over the positions that won, each one's gradient times what the position saw.
/// </summary>
/// <param name="patch">What a position sees.</param>
/// <param name="first">The first output channel.</param>
/// <param name="channels">How many.</param>
/// <param name="list">The positions.</param>
/// <param name="image">The lane's image of the first group.</param>
/// <param name="layout">How it lies.</param>
/// <param name="sums">Where to, by output channel.</param>
internal readonly unsafe struct WinnerWeightKernel<TLanes>(
    Patch<TLanes> patch, int first, int channels, WinnerList list, float* image, ImageRows layout, float* sums) : ITileKernel
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Run<TRows, TColumns>(int row, int column)
        where TRows : struct, ICount
        where TColumns : struct, ICount
    {
        var offsets = ColumnOffsets.Every(TLanes.Count);
        var (imageRow, pixel, run, length) = ((nint)layout.Row, (nint)layout.Channels, patch.Run, patch.Length);
        var positions = list.Positions;
        var gradients = list.Gradients;
        var values = image + row * imageRow + column * TLanes.Count;
        nint entry = list.Start(first, 0);
        for (var channel = 0; channel < channels; channel++)
        {
            var end = list.End(first + channel, BatchSlice.Groups - 1);
            Tile<TLanes, TRows, TColumns> tile = default;
            for (; entry < end; entry++)
                tile.AddRows(TLanes.Broadcast(gradients[entry]), values + positions[entry] * pixel, imageRow, offsets);
            tile.PutInto(new Stored<TLanes>(sums + channel * length, run, offsets), row, column * TLanes.Count);
        }
    }
}
