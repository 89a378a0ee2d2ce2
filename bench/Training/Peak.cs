using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.Bench.Training;

/// <summary>The machine's limit: multiply-adds that need nothing but registers.</summary>
internal static unsafe class Peak
{
    private const int Chains = 12; // more than latency times units (4 × 2) on every processor with 512-bit vectors
    private const int Steps = 500_000;

    /// <summary>GFLOP/s of one thread at a vector width, now.</summary>
    public static double Measure(LaneWidth width)
    {
        var seconds = width == LaneWidth.Bits512 ? Timing.Seconds(Run<Lanes16>) : Timing.Seconds(Run<Lanes8>);
        return 2.0 * Chains * Steps * ((int)width / (8 * sizeof(float))) / seconds / 1e9;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>
    {
        TLanes half = TLanes.Broadcast(0.5f), one = TLanes.Broadcast(1f);
        TLanes s0 = one, s1 = one, s2 = one, s3 = one, s4 = one, s5 = one, s6 = one, s7 = one, s8 = one, s9 = one, s10 = one, s11 = one;
        for (var step = 0; step < Steps; step++)
        {
            s0 = TLanes.MultiplyAdd(s0, half, one);
            s1 = TLanes.MultiplyAdd(s1, half, one);
            s2 = TLanes.MultiplyAdd(s2, half, one);
            s3 = TLanes.MultiplyAdd(s3, half, one);
            s4 = TLanes.MultiplyAdd(s4, half, one);
            s5 = TLanes.MultiplyAdd(s5, half, one);
            s6 = TLanes.MultiplyAdd(s6, half, one);
            s7 = TLanes.MultiplyAdd(s7, half, one);
            s8 = TLanes.MultiplyAdd(s8, half, one);
            s9 = TLanes.MultiplyAdd(s9, half, one);
            s10 = TLanes.MultiplyAdd(s10, half, one);
            s11 = TLanes.MultiplyAdd(s11, half, one);
        }

        var used = stackalloc float[LaneGroup.Size];
        (s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7 + s8 + s9 + s10 + s11).Store(used);
    }
}
