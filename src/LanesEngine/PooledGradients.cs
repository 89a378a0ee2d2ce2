using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// The way back through 2×2 max-pooling over all positions: each window's gradient goes to the one that won it, without a branch. The rows are
/// computed when they are asked for, so that they are still in the L1 cache when they are used.
/// </summary>
/// <param name="pooled">The pooled values' gradients.</param>
/// <param name="winners">Which position won, by pooled value.</param>
/// <param name="scattered">Where to: room for all rows if they are kept, else for those that are asked for at once.</param>
/// <param name="areKept">Whether somebody asks for them later.</param>
internal readonly unsafe struct PooledGradients<TLanes>(Activations pooled, float* winners, float* scattered, bool areKept) : IOutputGradients
    where TLanes : struct, ILanes<TLanes>
{
    public static int RowsTogether => PoolingWindow.Size;

    public GradientRows Rows(int group, int channel, int channels, int y, int rows)
    {
        var row = (nint)PoolingWindow.Size * pooled.Shape.Width * LaneGroup.Size;
        var plane = (areKept ? PoolingWindow.Size * pooled.Shape.Height : rows) * row;
        var first = areKept ? scattered + (group * pooled.Shape.Channels + channel) * plane + y * row : scattered;
        for (var index = 0; index < channels; index++)
        {
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                Scatter(group, channel + index, lane, y / PoolingWindow.Size, rows / PoolingWindow.Size, first + index * plane + lane);
        }

        return new(first, plane);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Scatter(int group, int channel, int lane, int firstY, int rows, float* to)
    {
        var row = (nint)PoolingWindow.Size * pooled.Shape.Width * LaneGroup.Size;
        var offsets = PoolingWindow.Columns(row);
        var at = group * pooled.GroupLength + ((nint)channel * pooled.Shape.Height + firstY) * pooled.Shape.Width * LaneGroup.Size + lane;
        for (var y = 0; y < rows; y++, to += PoolingWindow.Size * row)
        {
            var window = to;
            for (var x = 0; x < pooled.Shape.Width; x++, at += LaneGroup.Size, window += PoolingWindow.Size * LaneGroup.Size)
            {
                var winner = TLanes.Load(winners + at);
                var gradient = TLanes.Load(pooled.Gradients + at);
                Columns<TLanes, Four> columns = default;
                columns.First = Where(winner, 0, gradient);
                columns.Second = Where(winner, 1, gradient);
                columns.Third = Where(winner, 2, gradient);
                columns.Fourth = Where(winner, 3, gradient);
                columns.Store(window, offsets);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Where(TLanes winner, int column, TLanes gradient) =>
        TLanes.Select(TLanes.AreEqual(winner, TLanes.Broadcast(column)), gradient, default);
}
