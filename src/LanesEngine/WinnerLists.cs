using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// Where the gradients of a convolution that 2×2 max-pooling follows are not 0: lane by lane, the positions that won their window. Each lane
/// has up to two images, one of each group of the slice.
/// </summary>
internal sealed unsafe class WinnerLists
{
    private const int Block = 8;

    /// <summary>For each set of numbers below 8, as a mask: those that it has, in order, a byte each.</summary>
    private static readonly ulong[] membersOf = [.. Enumerable.Range(0, 1 << Block).Select(Members)];

    private readonly ConvolutionShape shape;
    private readonly Activations pooled;
    private readonly float* winners;
    private readonly bool areKept;
    private readonly nint row; // from an image's values to the next one's
    private readonly float* imageWinners;
    private readonly float* imageGradients;
    private readonly bool[] hasGradients = new bool[BatchSlice.Images]; // by image
    private readonly int* positions;
    private readonly float* gradients;
    private readonly int* bounds;

    /// <param name="memory">Where the lists are.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="pooled">The pooled values' gradients.</param>
    /// <param name="winners">Which of its window's positions won, by pooled value.</param>
    /// <param name="areKept">Whether all that was collected of a slice is kept; else what is collected next takes its place.</param>
    public WinnerLists(LaneMemory memory, ConvolutionShape shape, Activations pooled, float* winners, bool areKept)
    {
        this.shape = shape;
        this.pooled = pooled;
        this.winners = winners;
        this.areKept = areKept;
        row = (nint)pooled.Shape.Length + Block; // a block may be read, and written, past the end
        imageWinners = memory.Allocate(row * BatchSlice.Images);
        imageGradients = memory.Allocate(row * BatchSlice.Images);
        var lists = areKept ? LaneGroup.Size : 1;
        positions = (int*)memory.Allocate(row * BatchSlice.Groups * lists);
        gradients = memory.Allocate(row * BatchSlice.Groups * lists);
        bounds = (int*)memory.Allocate((nint)WinnerList.Bounds(pooled.Shape.Channels) * lists);
    }

    /// <summary>Looks at a slice; to be called before anything of it is collected.</summary>
    public void Begin(int groups)
    {
        for (var group = 0; group < groups; group++)
            FindGradients(pooled.Gradients + group * pooled.GroupLength, hasGradients.AsSpan(group * LaneGroup.Size, LaneGroup.Size));
        Transposition.OfLanes(pooled.Gradients, pooled.Shape.Length, groups, imageGradients, row);
        Transposition.OfLanes(winners, pooled.Shape.Length, groups, imageWinners, row);
    }

    /// <summary>What was collected of a lane.</summary>
    public WinnerList Of(int lane)
    {
        var list = areKept ? lane : 0;
        var first = list * row * BatchSlice.Groups;
        return new(positions + first, gradients + first, bounds + (nint)list * WinnerList.Bounds(pooled.Shape.Channels));
    }

    /// <summary>Collects some channels of a lane. Those of a slice are collected in ascending order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public WinnerList Collect(int lane, int groups, int channel, int channels)
    {
        var list = Of(lane);
        var plane = pooled.Shape.Height * pooled.Shape.Width;
        nint count = areKept && channel > 0 ? list.Start(channel, 0) : 0;
        list.StartAt(channel, (int)count);
        for (; channels > 0; channel++, channels--)
        {
            for (var group = 0; group < BatchSlice.Groups; group++)
            {
                var image = group * LaneGroup.Size;
                if (group < groups && hasGradients[image + lane])
                    count = Collect(list, count, (image + lane) * row + (nint)channel * plane, image * shape.PaddedHeight * shape.PaddedWidth);
                list.EndAt(channel, group, (int)count);
            }
        }

        return list;
    }

    /// <summary>Adds one channel's positions of one image to a list: of each row of windows the upper ones, then the lower ones.</summary>
    /// <param name="list">The list.</param>
    /// <param name="count">What is in it.</param>
    /// <param name="at">The channel's first pooled value.</param>
    /// <param name="position">Its first position.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private nint Collect(WinnerList list, nint count, nint at, int position)
    {
        ref var members = ref MemoryMarshal.GetArrayDataReference(membersOf);
        var windows = pooled.Shape.Width;
        var across = Vector256<int>.Indices * PoolingWindow.Size;
        var winnerRow = imageWinners + at;
        var gradientRow = imageGradients + at;
        for (var left = pooled.Shape.Height; left > 0; left--, winnerRow += windows, gradientRow += windows)
        {
            for (var first = 0f; first < PoolingWindow.Positions; first += PoolingWindow.Size, position += shape.PaddedWidth)
            {
                var (atLeft, atRight) = (Vector256.Create(first), Vector256.Create(first + 1));
                for (var x = 0; x < windows; x += Block)
                {
                    var gradient = Vector256.Load(gradientRow + x);
                    var winner = Vector256.Load(winnerRow + x);
                    var isRight = Vector256.Equals(winner, atRight);
                    var isMember = Vector256.AndNot(isRight | Vector256.Equals(winner, atLeft), Vector256.Equals(gradient, default));
                    var mask = isMember.ExtractMostSignificantBits() & (uint)((1 << Math.Min(windows - x, Block)) - 1);
                    var order = Avx2.ConvertToVector256Int32(Vector128.CreateScalar(Unsafe.Add(ref members, mask)).AsByte());
                    var columns = Vector256.Create(position + PoolingWindow.Size * x) + across - isRight.AsInt32(); // a mask is −1
                    Avx2.PermuteVar8x32(columns, order).Store(list.Positions + count);
                    Avx2.PermuteVar8x32(gradient, order).Store(list.Gradients + count);
                    count += BitOperations.PopCount(mask);
                }
            }
        }

        return count;
    }

    /// <summary>Which images of a group have a gradient that is not 0: lanes without an image have none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void FindGradients(float* lanes, Span<bool> found)
    {
        for (var lane = 0; lane < LaneGroup.Size; lane += Vector256<float>.Count)
        {
            var any = Vector256<float>.Zero;
            for (nint at = lane; at < pooled.GroupLength; at += LaneGroup.Size)
                any |= ~Vector256.Equals(Vector256.Load(lanes + at), default);
            var mask = any.ExtractMostSignificantBits();
            for (var index = 0; index < Vector256<float>.Count; index++)
                found[lane + index] = (mask >> index & 1) != 0;
        }
    }

    private static ulong Members(int mask)
    {
        var (members, count) = (0UL, 0);
        for (var member = 0; member < Block; member++)
        {
            if ((mask >> member & 1) != 0)
                members |= (ulong)member << (8 * count++);
        }

        return members;
    }
}

/// <summary>
/// What was collected of a lane: by output channel the positions that won and whose gradient is not 0, in the order of rows and columns, those of its
/// image of the first group before those of the second group's.
/// </summary>
/// <param name="positions">
/// The first pixel that each position saw, counted in pixels of padded images from the first pixel of the lane's first image.
/// </param>
/// <param name="gradients">The positions' gradients.</param>
/// <param name="bounds">Where each part of the list begins, by channel and group, and where the last one ends.</param>
internal readonly unsafe struct WinnerList(int* positions, float* gradients, int* bounds)
{
    public readonly int* Positions = positions;
    public readonly float* Gradients = gradients;
    private readonly int* bounds = bounds;

    /// <summary>How many bounds a list has.</summary>
    public static int Bounds(int channels) => channels * BatchSlice.Groups + 1;

    /// <summary>Where a part begins.</summary>
    public int Start(int channel, int group) => bounds[channel * BatchSlice.Groups + group];

    /// <summary>Where a part ends, and the next begins.</summary>
    public int End(int channel, int group) => bounds[channel * BatchSlice.Groups + group + 1];

    /// <summary>Says where a channel's first part begins.</summary>
    public void StartAt(int channel, int start) => bounds[channel * BatchSlice.Groups] = start;

    /// <summary>Says where a part ends.</summary>
    public void EndAt(int channel, int group, int end) => bounds[channel * BatchSlice.Groups + group + 1] = end;
}
