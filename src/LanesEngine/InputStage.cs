using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>Brings images into lanes, each pixel as <see cref="PixelScale"/> has it; of tables the numbers as they are.</summary>
internal sealed unsafe class InputStage
{
    private const int LanesAtOnce = 8;
    private const int PixelsAtOnce = 16;

    private readonly bool areNumbers;

    public InputStage(LaneMemory memory, ImageShape shape)
    {
        Output = Activations.Allocate(memory, shape, withGradients: false);
        areNumbers = shape.IsTable;
    }

    public Activations Output { get; }

    /// <summary>
    /// Loads a slice. Lanes without an image repeat the last one: whatever they compute, overflow included, a real lane computes too,
    /// and the loss gives them no weight.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Load(BatchSlice slice)
    {
        var images = stackalloc byte*[LanesAtOnce];
        fixed (byte* records = slice.Examples.Records.Span)
        {
            for (var first = 0; first < slice.GroupCount * LaneGroup.Size; first += LanesAtOnce)
            {
                for (var lane = 0; lane < LanesAtOnce; lane++)
                {
                    var image = slice.Indexes[Math.Min(first + lane, slice.Indexes.Length - 1)];
                    images[lane] = records + (nint)image * slice.Examples.RecordLength + 1;
                }

                if (areNumbers)
                    LoadNumbers(images, Output.Values + first / LaneGroup.Size * Output.GroupLength + first % LaneGroup.Size);
                else
                    Load(images, Output.Values + first / LaneGroup.Size * Output.GroupLength + first % LaneGroup.Size);
            }
        }
    }

    /// <summary>Loads eight images, sixteen pixels of each at a time: four words of four pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Load(byte** images, float* to)
    {
        var pixel = 0;
        for (; pixel <= Output.Shape.Length - PixelsAtOnce; pixel += PixelsAtOnce)
        {
            var word0 = Transposition.LoadHalves(images[0] + pixel, images[4] + pixel);
            var word1 = Transposition.LoadHalves(images[1] + pixel, images[5] + pixel);
            var word2 = Transposition.LoadHalves(images[2] + pixel, images[6] + pixel);
            var word3 = Transposition.LoadHalves(images[3] + pixel, images[7] + pixel);
            Transposition.TransposeHalves(ref word0, ref word1, ref word2, ref word3);
            Spread(word0.AsInt32(), to);
            Spread(word1.AsInt32(), to + 4 * LaneGroup.Size);
            Spread(word2.AsInt32(), to + 8 * LaneGroup.Size);
            Spread(word3.AsInt32(), to + 12 * LaneGroup.Size);
            to += PixelsAtOnce * LaneGroup.Size;
        }

        for (; pixel < Output.Shape.Length; pixel++, to += LaneGroup.Size)
        {
            for (var lane = 0; lane < LanesAtOnce; lane++)
                to[lane] = PixelScale.Of(images[lane][pixel]);
        }
    }

    /// <summary>Loads the numbers of eight rows, which are as a network takes them.</summary>
    private void LoadNumbers(byte** rows, float* to)
    {
        for (var number = 0; number < Output.Shape.Length; number++, to += LaneGroup.Size)
        {
            for (var lane = 0; lane < LanesAtOnce; lane++)
                to[lane] = Unsafe.ReadUnaligned<float>(rows[lane] + number * sizeof(float));
        }
    }

    /// <summary>Each lane's four bytes as four consecutive pixels.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(Vector256<int> bytes, float* to)
    {
        Normalized(bytes).Store(to);
        Normalized(bytes >>> 8).Store(to + LaneGroup.Size);
        Normalized(bytes >>> 16).Store(to + 2 * LaneGroup.Size);
        Normalized(bytes >>> 24).Store(to + 3 * LaneGroup.Size);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Normalized(Vector256<int> bytes) => Vector256.FusedMultiplyAdd(
        Vector256.ConvertToSingle(bytes & Vector256.Create(0xFF)), Vector256.Create(PixelScale.Factor), Vector256.Create(PixelScale.Offset));
}
