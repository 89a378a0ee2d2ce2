using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// The way back through a convolution that 2×2 max-pooling follows. Three of a window's four positions have no gradient, and the fourth has none
/// where the rectifier cut it off. So this goes over the positions that have one, image by image, unlike everything else here: each
/// vector is many numbers of one image. What it leaves out are products with 0, which change no sum of finite numbers; each sum adds up the others in
/// the order that <see cref="ConvolutionGradients{TLanes}"/> has.
/// </summary>
/// <typeparam name="TLanes">The vectors.</typeparam>
internal sealed unsafe class PooledConvolutionGradients<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>
    /// What the sums of the channels that are computed together may take: as much as comes from a near cache, and so much that all images are seldom
    /// read again.
    /// </summary>
    private const int SumBytes = 1024 * 1024;

    /// <summary>Most sums of lanes at a time: of 8 lanes, of 4, 2 and 1 that wait for those they are added to, and one that is computed.</summary>
    private const int SumsAtOnce = 5;

    /// <summary>The lanes, so that the sums of i and i + 8, then those of i + 4, i + 2 and i + 1 come soon after each other.</summary>
    private static readonly int[] lanes = [0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15];

    private readonly ConvolutionShape shape;
    private readonly ParameterSlice parameters;
    private readonly Activations input;
    private readonly WinnerLists winners;
    private readonly Patch<TLanes> patch;
    private readonly ImageRows imageLayout;
    private readonly float* images; // the slice's
    private readonly float* sums; // of the weights' gradients of some output channels
    private readonly int channelsTogether;

    // For the input's gradients. Channels are filled up to whole vectors of 256 bits, so that what was stored is loaded again as it was, and lies in
    // one cache line. Wider ones gain nothing: a processor that has them stores no more of them in a cycle.
    private readonly ImageRows gradientLayout;
    private readonly float* weights; // by output channel [y][x][channel]
    private readonly float* imageGradients; // of a few images

    /// <param name="memory">Where all of it is.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="parameters">Its weights and their gradients.</param>
    /// <param name="input">The input.</param>
    /// <param name="pooled">The pooled values' gradients.</param>
    /// <param name="winners">Which of its window's positions won, by pooled value.</param>
    public PooledConvolutionGradients(
        LaneMemory memory, ConvolutionShape shape, ParameterSlice parameters, Activations input, Activations pooled, float* winners)
    {
        this.shape = shape;
        this.parameters = parameters;
        this.input = input;
        this.winners = new WinnerLists(memory, shape, pooled, winners, areKept: input.HasGradients);
        patch = new Patch<TLanes>(shape);
        imageLayout = new ImageRows(shape, shape.InChannels);
        images = memory.Allocate((nint)imageLayout.Length * BatchSlice.Images + TLanes.Count); // a run's last vector may read past its image
        channelsTogether = Math.Clamp(SumBytes / (SumsAtOnce * patch.Length * sizeof(float)), 1, shape.OutChannels);
        sums = memory.Allocate((nint)channelsTogether * patch.Length * SumsAtOnce);
        var vectors = (shape.InChannels + Vector256<float>.Count - 1) / Vector256<float>.Count;
        gradientLayout = new ImageRows(shape, vectors * Vector256<float>.Count);
        if (!input.HasGradients)
            return;
        weights = memory.Allocate((nint)shape.OutChannels * FilterLength);
        imageGradients = memory.Allocate((nint)gradientLayout.Length * ImageRows.ImagesAtOnce);
    }

    private int FilterLength => shape.Kernel * shape.Kernel * gradientLayout.Channels;

    /// <summary>Computes the gradients of the weights.</summary>
    /// <param name="groups">The slice's groups.</param>
    /// <param name="isFirst">Whether the slice is its batch's first; else its gradients are added to those of the slices before.</param>
    public void ComputeWeightGradients(int groups, bool isFirst)
    {
        for (var group = 0; group < groups; group++)
            imageLayout.TakeFrom(input.Values + group * input.GroupLength, images + (nint)group * LaneGroup.Size * imageLayout.Length);
        winners.Begin(groups);
        for (var channel = 0; channel < shape.OutChannels;)
        {
            var channels = Tiling.NextBlock(shape.OutChannels - channel, channelsTogether);
            SumLanes(groups, channel, channels);
            TakeSums(channel, channels, isFirst);
            channel += channels;
        }
    }

    /// <summary>Computes the gradients of the input. Called after the slice's gradients of the weights were computed.</summary>
    /// <param name="groups">The slice's groups.</param>
    public void ComputeInputGradients(int groups)
    {
        PackWeights();
        for (var group = 0; group < groups; group++)
        {
            for (var lane = 0; lane < LaneGroup.Size; lane += ImageRows.ImagesAtOnce)
            {
                NativeMemory.Clear(imageGradients, (nuint)gradientLayout.Length * ImageRows.ImagesAtOnce * sizeof(float));
                for (var index = 0; index < ImageRows.ImagesAtOnce; index++)
                    Spread(winners.Of(lane + index), group, imageGradients + index * gradientLayout.Length);
                gradientLayout.PutInto(imageGradients, input.Gradients + group * input.GroupLength + lane);
            }
        }
    }

    /// <summary>Sums what all lanes do to the weights of some output channels.</summary>
    private void SumLanes(int groups, int channel, int channels)
    {
        var length = channels * patch.Length;
        var top = sums;
        for (var step = 0; step < LaneGroup.Size; step++, top += length)
        {
            var list = winners.Collect(lanes[step], groups, channel, channels);
            var image = images + (nint)lanes[step] * imageLayout.Length;
            var kernel = new WinnerWeightKernel<TLanes>(patch, channel, channels, list, image, imageLayout, top);
            Tiling.Cover<TLanes, WinnerWeightKernel<TLanes>>(kernel, patch.Rows, patch.Vectors);

            // After every second lane two sums of one lane each are there, after every fourth two of two lanes, and so on.
            for (var half = step; (half & 1) != 0; half >>= 1, top -= length)
                Add(top, top - length, length);
        }
    }

    /// <summary>Adds what each position's gradient is to the numbers that it saw.</summary>
    /// <param name="list">The positions of a lane.</param>
    /// <param name="group">Those of which image.</param>
    /// <param name="image">The gradients of that image.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Spread(WinnerList list, int group, float* image)
    {
        var positions = list.Positions;
        var gradients = list.Gradients;
        var (rows, row, pixel) = (shape.Kernel, (nint)gradientLayout.Row, (nint)gradientLayout.Channels);
        var run = rows * pixel;
        image -= (nint)group * LaneGroup.Size * gradientLayout.Length;
        var filter = weights;
        for (var channel = 0; channel < shape.OutChannels; channel++, filter += rows * run)
        {
            // From the last position to the first: so the kernel's rows and columns come to a number in ascending order, as everywhere.
            var first = list.Start(channel, group);
            for (nint entry = list.End(channel, group) - 1; entry >= first; entry--)
            {
                var gradient = Vector256.Create(gradients[entry]);
                var to = image + positions[entry] * pixel;
                var from = filter;
                for (var left = rows; left > 0; left--, from += run, to += row)
                {
                    nint at = 0;
                    for (; at <= run - 4 * Vector256<float>.Count; at += 4 * Vector256<float>.Count)
                    {
                        Add(gradient, from + at, to + at);
                        Add(gradient, from + at + Vector256<float>.Count, to + at + Vector256<float>.Count);
                        Add(gradient, from + at + 2 * Vector256<float>.Count, to + at + 2 * Vector256<float>.Count);
                        Add(gradient, from + at + 3 * Vector256<float>.Count, to + at + 3 * Vector256<float>.Count);
                    }

                    for (; at < run; at += Vector256<float>.Count)
                        Add(gradient, from + at, to + at);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(Vector256<float> factor, float* from, float* to) =>
        Vector256.FusedMultiplyAdd(factor, Vector256.Load(from), Vector256.Load(to)).Store(to);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add(float* from, float* to, int length)
    {
        for (nint at = 0; at < length; at += TLanes.Count)
            (TLanes.Load(to + at) + TLanes.Load(from + at)).Store(to + at);
    }

    /// <summary>Brings the sums to where the weights' gradients are expected, in the weights' order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void TakeSums(int first, int channels, bool isFirst)
    {
        var to = parameters.WeightGradient + (nint)first * shape.FanIn;
        for (var output = 0; output < channels; output++)
        {
            for (var channel = 0; channel < shape.InChannels; channel++)
            {
                for (var y = 0; y < shape.Kernel; y++)
                {
                    var from = sums + output * patch.Length + y * patch.Run + channel;
                    for (var x = 0; x < shape.Kernel; x++, to++, from += shape.InChannels)
                        *to = isFirst ? *from : *to + *from;
                }
            }
        }
    }

    /// <summary>Brings the weights to the order that images have here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void PackWeights()
    {
        var from = parameters.Weight;
        for (var output = 0; output < shape.OutChannels; output++)
        {
            for (var channel = 0; channel < shape.InChannels; channel++)
            {
                var to = weights + output * FilterLength + channel;
                for (var left = shape.Kernel * shape.Kernel; left > 0; left--, from++, to += gradientLayout.Channels)
                    *to = *from;
            }
        }
    }
}
