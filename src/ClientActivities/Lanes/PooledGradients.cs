using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>The way back through 2×2 max-pooling: each window's gradient goes to the one position that won it.</summary>
internal static unsafe class PooledGradients
{
    /// <summary>Rows and columns of a window.</summary>
    public const int Window = 2;

    /// <summary>The winner of a window whose largest value the rectifier cut off.</summary>
    public const float NoWinner = -1f;

    /// <summary>The window's positions in row-major order, as columns.</summary>
    public static ColumnOffsets Columns(nint row) => new(LaneGroup.Size, row, row + LaneGroup.Size);

    /// <summary>Spreads gradients over the windows without a branch, and sums them by channel: the gradients of the biases.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Scatter<TLanes>(in Activations pooled, float* winners, int groups, float* scattered, float* biasGradients, bool isFirst)
        where TLanes : struct, ILanes<TLanes>
    {
        var sums = stackalloc float[LaneGroup.Size];
        var row = (nint)Window * pooled.Shape.Width * LaneGroup.Size;
        var offsets = Columns(row);
        var plane = (nint)pooled.Shape.Height * pooled.Shape.Width * LaneGroup.Size;
        for (var channel = 0; channel < pooled.Shape.Channels; channel++)
        {
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
            {
                var sum = default(TLanes);
                for (var group = 0; group < groups; group++)
                {
                    var at = group * pooled.GroupLength + channel * plane + lane;
                    var to = scattered + Window * Window * (at - lane) + lane;
                    for (var y = 0; y < pooled.Shape.Height; y++, to += Window * row)
                    {
                        var window = to;
                        for (var x = 0; x < pooled.Shape.Width; x++, at += LaneGroup.Size, window += Window * LaneGroup.Size)
                        {
                            var winner = TLanes.Load(winners + at);
                            var gradient = TLanes.Load(pooled.Gradients + at);
                            Columns<TLanes, Four> columns = default;
                            columns.First = Where(winner, 0, gradient);
                            columns.Second = Where(winner, 1, gradient);
                            columns.Third = Where(winner, 2, gradient);
                            columns.Fourth = Where(winner, 3, gradient);
                            columns.Store(window, offsets);
                            sum += TLanes.Select(TLanes.IsGreater(winner, TLanes.Broadcast(NoWinner)), gradient, default);
                        }
                    }
                }

                sum.Store(sums + lane);
            }

            LaneGroup.SumEach(sums, biasGradients + channel, 1, isFirst);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TLanes Where<TLanes>(TLanes winner, int column, TLanes gradient)
        where TLanes : struct, ILanes<TLanes> =>
        TLanes.Select(TLanes.AreEqual(winner, TLanes.Broadcast(column)), gradient, default);
}
