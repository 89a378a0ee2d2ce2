using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>
/// Sixteen images side by side. Every activation is laid out <c>[group][channel, y, x][16 lanes]</c>, one image a lane, whatever the
/// width of the machine's vectors.
/// </summary>
internal static unsafe class LaneGroup
{
    /// <summary>Images in a group.</summary>
    public const int Size = 16;

    /// <summary>How many groups hold so many images, the last one perhaps not full.</summary>
    public static int CountFor(int images) => (images + Size - 1) / Size;

    /// <summary>The sum of a group's lanes, always halved in the same way: lane i with lane i + 8, then i + 4, i + 2, i + 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(float* lanes)
    {
        var eight = Vector256.Load(lanes) + Vector256.Load(lanes + 8);
        var four = eight.GetLower() + eight.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    /// <summary>Sums groups one by one.</summary>
    /// <param name="lanes">The groups.</param>
    /// <param name="sums">A sum each.</param>
    /// <param name="count">How many groups.</param>
    /// <param name="isFirst">Whether the sums are new; else they are added to what is there.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumEach(float* lanes, float* sums, int count, bool isFirst)
    {
        for (nint index = 0; index < count; index++)
        {
            var sum = Sum(lanes + index * Size);
            sums[index] = isFirst ? sum : sums[index] + sum;
        }
    }
}
