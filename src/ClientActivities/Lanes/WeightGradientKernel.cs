using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>
/// The part that some rows of one group's output have in the gradients of a convolution's weights, lane by lane. A tile's rows are the
/// weights of one kernel row, each times the activation that it meets; its columns are output channels: it sums over positions.
/// </summary>
internal readonly unsafe struct WeightGradientKernel<TLanes>(
    TileSum<TLanes, PerLane<TLanes>> sum, float* input, int channels, nint inputPlane, nint inputRow,
    int kernel, float* gradients, nint gradientPlane, Added<TLanes> laneSums) : ITileKernel
    where TLanes : struct, ILanes<TLanes>
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    public void Run<TRows, TColumns>(int row, int column)
        where TRows : struct, ICount
        where TColumns : struct, ICount
    {
        nint weight = 0;
        for (nint channel = 0; channel < channels; channel++)
        {
            for (nint kernelY = 0; kernelY < kernel; kernelY++, weight += kernel)
            {
                var values = input + channel * inputPlane + kernelY * inputRow + row * LaneGroup.Size;
                for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                {
                    sum.From<TRows, TColumns>(values + lane, gradients + column * gradientPlane + lane)
                        .PutInto(laneSums, row, weight * LaneGroup.Size + lane);
                }
            }
        }
    }
}
