using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FlDurable.ClientActivities.Vectors;

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

    /// <summary>Sums groups one by one, always halving in the same way: lane i and lane i + 8, then i + 4, i + 2, i + 1.</summary>
    /// <param name="lanes">The groups.</param>
    /// <param name="sums">A sum each.</param>
    /// <param name="count">How many groups.</param>
    /// <param name="isFirst">Whether the sums are new; else they are added to what is there.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumEach(float* lanes, float* sums, int count, bool isFirst)
    {
        nint index = 0;
        for (; index <= count - 8; index += 8)
        {
            var eight = SumEight(lanes + index * Size);
            (isFirst ? eight : Vector256.Load(sums + index) + eight).Store(sums + index);
        }

        for (; index < count; index++)
        {
            var sum = Sum(lanes + index * Size);
            sums[index] = isFirst ? sum : sums[index] + sum;
        }
    }

    // Inlined as what it is made of: else it would run uncompiled for its first thousands of calls.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static float Sum(float* lanes)
    {
        var eight = ToEight(lanes);
        var four = eight.GetLower() + eight.GetUpper();
        var two = four.GetLower() + four.GetUpper();
        return two[0] + two[1];
    }

    /// <summary>Eight groups at once: each halving also brings two vectors into one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> SumEight(float* lanes) => ToOne(
        ToTwo(ToFour(lanes, 0, 4), ToFour(lanes, 1, 5)),
        ToTwo(ToFour(lanes, 2, 6), ToFour(lanes, 3, 7)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToEight(float* lanes) => Vector256.Load(lanes) + Vector256.Load(lanes + Size / 2);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToFour(float* lanes, int first, int second)
    {
        var (left, right) = (ToEight(lanes + first * Size), ToEight(lanes + second * Size));
        return Avx.Permute2x128(left, right, 0b0010_0000) + Avx.Permute2x128(left, right, 0b0011_0001);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToTwo(Vector256<float> left, Vector256<float> right) =>
        Avx.Shuffle(left, right, 0b01_00_01_00) + Avx.Shuffle(left, right, 0b11_10_11_10);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> ToOne(Vector256<float> left, Vector256<float> right) =>
        Avx.Shuffle(left, right, 0b10_00_10_00) + Avx.Shuffle(left, right, 0b11_01_11_01);
}
