using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>Brings images into lanes, each pixel as <see cref="PixelScale"/> has it; of tables the numbers as they are.</summary>
internal sealed unsafe class InputStage
{
    private const int Half = LaneGroup.Size / 2;
    private const int PixelsAtOnce = 16;

    private readonly bool areNumbers;

    // Neighbouring pixels that have one scale: all of an image, or a channel each.
    private readonly int run;
    private readonly PixelScale[] scales = [];

    public InputStage(LaneMemory memory, Network network)
    {
        var shape = network.Input;
        Output = Activations.Allocate(memory, shape, withGradients: false);
        areNumbers = shape.IsTable;
        if (areNumbers)
            return;
        scales = PixelScale.Of(network);
        if (scales.Distinct().Count() == 1)
            scales = [scales[0]];
        run = shape.Length / scales.Length;
    }

    public Activations Output { get; }

    /// <summary>
    /// Loads a slice. Lanes without an image repeat the last one: whatever they compute, overflow included, a real lane computes too,
    /// and the loss gives them no weight.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Load(BatchSlice slice)
    {
        var images = stackalloc byte*[LaneGroup.Size];
        fixed (byte* _ = slice.Examples.Record(slice.Indexes[0])) // and with it all others: they are in one piece of memory
        {
            for (var group = 0; group < slice.GroupCount; group++)
            {
                for (var lane = 0; lane < LaneGroup.Size; lane++)
                {
                    var image = slice.Indexes[Math.Min((group * LaneGroup.Size) + lane, slice.Indexes.Length - 1)];
                    images[lane] = (byte*)Unsafe.AsPointer(in MemoryMarshal.GetReference(slice.Examples.Pixels(image)));
                }

                var to = Output.Values + (group * Output.GroupLength);
                if (areNumbers)
                    LoadNumbers(images, to);
                for (var part = 0; part < scales.Length; part++)
                    Load(images, to, part * run, (part + 1) * run, scales[part]);
            }
        }
    }

    /// <summary>Loads some pixels of a group that have one scale, sixteen of each image at a time: four words of four pixels. What lies together in memory is written together.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Load(byte** images, float* to, int pixel, int end, PixelScale scale)
    {
        to += (nint)pixel * LaneGroup.Size;
        var factor = Vector256.Create(scale.Factor);
        var offset = Vector256.Create(scale.Offset);
        for (; pixel <= end - PixelsAtOnce; pixel += PixelsAtOnce)
        {
            var (low0, low1, low2, low3) = Words(images, pixel);
            var (high0, high1, high2, high3) = Words(images + Half, pixel);
            Spread(low0, high0, to, factor, offset);
            Spread(low1, high1, to + 4 * LaneGroup.Size, factor, offset);
            Spread(low2, high2, to + 8 * LaneGroup.Size, factor, offset);
            Spread(low3, high3, to + 12 * LaneGroup.Size, factor, offset);
            to += PixelsAtOnce * LaneGroup.Size;
        }

        for (; pixel < end; pixel++, to += LaneGroup.Size)
        {
            for (var lane = 0; lane < LaneGroup.Size; lane++)
                to[lane] = scale.Of(images[lane][pixel]);
        }
    }

    /// <summary>Of eight images sixteen pixels: the first four of each, the next four, and so on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (Vector256<int> First, Vector256<int> Second, Vector256<int> Third, Vector256<int> Fourth) Words(byte** images, int pixel)
    {
        var word0 = Transposition.LoadHalves(images[0] + pixel, images[4] + pixel);
        var word1 = Transposition.LoadHalves(images[1] + pixel, images[5] + pixel);
        var word2 = Transposition.LoadHalves(images[2] + pixel, images[6] + pixel);
        var word3 = Transposition.LoadHalves(images[3] + pixel, images[7] + pixel);
        Transposition.TransposeHalves(ref word0, ref word1, ref word2, ref word3);
        return (word0.AsInt32(), word1.AsInt32(), word2.AsInt32(), word3.AsInt32());
    }

    /// <summary>Loads the numbers of a group's rows, which are as a network takes them.</summary>
    private void LoadNumbers(byte** rows, float* to)
    {
        for (var number = 0; number < Output.Shape.Length; number++, to += LaneGroup.Size)
        {
            for (var lane = 0; lane < LaneGroup.Size; lane++)
                to[lane] = Unsafe.ReadUnaligned<float>(rows[lane] + number * sizeof(float));
        }
    }

    /// <summary>Each lane's four bytes as four consecutive pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(Vector256<int> low, Vector256<int> high, float* to, Vector256<float> factor, Vector256<float> offset)
    {
        Store(low, high, to, factor, offset);
        Store(low >>> 8, high >>> 8, to + LaneGroup.Size, factor, offset);
        Store(low >>> 16, high >>> 16, to + 2 * LaneGroup.Size, factor, offset);
        Store(low >>> 24, high >>> 24, to + 3 * LaneGroup.Size, factor, offset);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<int> low, Vector256<int> high, float* to, Vector256<float> factor, Vector256<float> offset)
    {
        Normalized(low, factor, offset).Store(to);
        Normalized(high, factor, offset).Store(to + Half);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Normalized(Vector256<int> bytes, Vector256<float> factor, Vector256<float> offset) =>
        Vector256.FusedMultiplyAdd(Vector256.ConvertToSingle(bytes & Vector256.Create(0xFF)), factor, offset);
}
