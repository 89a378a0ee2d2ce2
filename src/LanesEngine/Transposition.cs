using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>Between an image a lane and an image a row.</summary>
internal static unsafe class Transposition
{
    private const int Block = 8;

    /// <summary>Writes each image's numbers as a row; what lies between rows is left alone.</summary>
    /// <param name="lanes">The numbers, as activations are laid out, a group right behind the other.</param>
    /// <param name="features">How many an image has.</param>
    /// <param name="groups">How many groups of images.</param>
    /// <param name="rows">Where to.</param>
    /// <param name="rowLength">From a row to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OfLanes(float* lanes, nint features, int groups, float* rows, nint rowLength)
    {
        for (var group = 0; group < groups; group++)
        {
            var from = lanes + group * features * LaneGroup.Size;
            var to = rows + group * LaneGroup.Size * rowLength;
            nint feature = 0;
            for (; feature <= features - Block; feature += Block)
            {
                for (nint lane = 0; lane < LaneGroup.Size; lane += 4)
                    TransposeBlock(from + feature * LaneGroup.Size + lane, to + lane * rowLength + feature, rowLength);
            }

            for (; feature < features; feature++)
            {
                for (nint lane = 0; lane < LaneGroup.Size; lane++)
                    to[lane * rowLength + feature] = from[feature * LaneGroup.Size + lane];
            }
        }
    }

    /// <summary>Four numbers at one place in each half of a vector.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadHalves(void* lower, void* upper) =>
        Vector256.Create(Vector128.Load((float*)lower), Vector128.Load((float*)upper));

    /// <summary>In each half alike: row r's number c becomes row c's number r.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TransposeHalves(ref Vector256<float> row0, ref Vector256<float> row1, ref Vector256<float> row2, ref Vector256<float> row3)
    {
        var low01 = Avx.UnpackLow(row0, row1).AsDouble();
        var low23 = Avx.UnpackLow(row2, row3).AsDouble();
        var high01 = Avx.UnpackHigh(row0, row1).AsDouble();
        var high23 = Avx.UnpackHigh(row2, row3).AsDouble();
        row0 = Avx.UnpackLow(low01, low23).AsSingle();
        row1 = Avx.UnpackHigh(low01, low23).AsSingle();
        row2 = Avx.UnpackLow(high01, high23).AsSingle();
        row3 = Avx.UnpackHigh(high01, high23).AsSingle();
    }

    /// <summary>Eight features of four lanes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void TransposeBlock(float* from, float* to, nint rowLength)
    {
        const int Half = Block / 2 * LaneGroup.Size;
        var row0 = LoadHalves(from, from + Half);
        var row1 = LoadHalves(from + LaneGroup.Size, from + LaneGroup.Size + Half);
        var row2 = LoadHalves(from + 2 * LaneGroup.Size, from + 2 * LaneGroup.Size + Half);
        var row3 = LoadHalves(from + 3 * LaneGroup.Size, from + 3 * LaneGroup.Size + Half);
        TransposeHalves(ref row0, ref row1, ref row2, ref row3);
        row0.Store(to);
        row1.Store(to + rowLength);
        row2.Store(to + 2 * rowLength);
        row3.Store(to + 3 * rowLength);
    }
}
