using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// How activations lie image by image, each <c>[y][x][channel]</c> with the convolution's border around it: what a row of the kernel meets is
/// a run of neighbouring numbers.
/// </summary>
internal sealed unsafe class ImageRows
{
    /// <summary>Images that are brought into lanes at a time.</summary>
    public const int ImagesAtOnce = 4;

    private const int Block = 8;

    private readonly int height;
    private readonly nint laneRow; // a row of one channel, in lanes
    private readonly int[] places; // by number of a row: where it is in lanes
    private readonly nint corner; // the first number inside of the border

    /// <param name="shape">The convolution whose input it is.</param>
    /// <param name="channels">
    /// Numbers of a pixel: the input's channels, or those filled up to a multiple of 8, for <see cref="PutInto"/> only.
    /// </param>
    public ImageRows(ConvolutionShape shape, int channels)
    {
        height = shape.InputHeight;
        laneRow = (nint)shape.InputWidth * LaneGroup.Size;
        places = new int[shape.InputWidth * channels];
        for (var number = 0; number < places.Length; number++)
        {
            var (x, channel) = Math.DivRem(number, channels);

            // What fills a pixel up goes where its block's first number does, which is put there last.
            if (channel >= shape.InChannels)
                channel -= channel % Block;
            places[number] = (channel * shape.InputHeight * shape.InputWidth + x) * LaneGroup.Size;
        }

        Channels = channels;
        Row = shape.PaddedWidth * channels;
        Length = shape.PaddedHeight * Row;
        corner = shape.Padding * (Row + channels);
    }

    /// <summary>From a pixel to the next.</summary>
    public int Channels { get; }

    /// <summary>From a row of an image to the next.</summary>
    public int Row { get; }

    /// <summary>From an image to the next.</summary>
    public int Length { get; }

    /// <summary>Brings the images of a group out of their lanes; their borders are left as they are.</summary>
    /// <param name="lanes">The group.</param>
    /// <param name="images">Where to.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void TakeFrom(float* lanes, float* images)
    {
        images += corner;
        for (var y = 0; y < height; y++, lanes += laneRow, images += Row)
        {
            for (var lane = 0; lane < LaneGroup.Size; lane += ImagesAtOnce)
            {
                var to = images + (nint)lane * Length;
                var number = 0;
                for (; number <= places.Length - Block; number += Block)
                {
                    var row0 = Load(lanes + lane, number);
                    var row1 = Load(lanes + lane, number + 1);
                    var row2 = Load(lanes + lane, number + 2);
                    var row3 = Load(lanes + lane, number + 3);
                    Transposition.TransposeHalves(ref row0, ref row1, ref row2, ref row3);
                    row0.Store(to + number);
                    row1.Store(to + Length + number);
                    row2.Store(to + 2 * Length + number);
                    row3.Store(to + 3 * Length + number);
                }

                for (; number < places.Length; number++)
                {
                    var from = lanes + lane + places[number];
                    to[number] = from[0];
                    to[Length + number] = from[1];
                    to[2 * Length + number] = from[2];
                    to[3 * Length + number] = from[3];
                }
            }
        }
    }

    /// <summary>Brings <see cref="ImagesAtOnce"/> images into their lanes.</summary>
    /// <param name="images">The first one.</param>
    /// <param name="lanes">Its lane of its group.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void PutInto(float* images, float* lanes)
    {
        images += corner;
        for (var y = 0; y < height; y++, lanes += laneRow, images += Row)
        {
            for (var number = 0; number < places.Length; number += Block)
            {
                var row0 = Vector256.Load(images + number);
                var row1 = Vector256.Load(images + Length + number);
                var row2 = Vector256.Load(images + 2 * Length + number);
                var row3 = Vector256.Load(images + 3 * Length + number);
                Transposition.TransposeHalves(ref row0, ref row1, ref row2, ref row3);
                Store(row3, lanes, number + 3);
                Store(row2, lanes, number + 2);
                Store(row1, lanes, number + 1);
                Store(row0, lanes, number);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<float> Load(float* lanes, int number) =>
        Transposition.LoadHalves(lanes + places[number], lanes + places[number + Block / 2]);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Store(Vector256<float> values, float* lanes, int number)
    {
        values.GetUpper().Store(lanes + places[number + Block / 2]);
        values.GetLower().Store(lanes + places[number]);
    }
}
