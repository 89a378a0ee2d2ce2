using System.Runtime.InteropServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>The way back through a convolution over a slice: the gradients of its weights, and those of its input.</summary>
/// <typeparam name="TLanes">The vectors.</typeparam>
internal sealed unsafe class ConvolutionGradients<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>What a strip's gradients and the activations of one channel may take: most of a core's L1 cache.</summary>
    private const int StripBytes = 40 * 1024;

    /// <summary>
    /// What the output's gradients that one row of the input meets may take: little enough of an L2 cache that they come from there as fast
    /// as they are used, and so much that the sums are seldom put down and taken up.
    /// </summary>
    private const int MeetingBytes = 80 * 1024;

    private readonly ConvolutionShape shape;
    private readonly ParameterSlice parameters;
    private readonly Activations input;
    private readonly Activations padded;
    private readonly (int[] Together, int[] Alone)[] places; // of a row of the input, by the groups of a slice less one
    private readonly float* laneSums; // weight gradients of some output channels, before their lanes are added up

    /// <param name="memory">Where sums are.</param>
    /// <param name="shape">The convolution.</param>
    /// <param name="parameters">Its weights and their gradients.</param>
    /// <param name="input">The input.</param>
    /// <param name="padded">The input with its border.</param>
    public ConvolutionGradients(LaneMemory memory, ConvolutionShape shape, ParameterSlice parameters, Activations input, Activations padded)
    {
        this.shape = shape;
        this.parameters = parameters;
        this.input = input;
        this.padded = padded;
        places = [.. Enumerable.Range(1, BatchSlice.Groups).Select(groups => Places(new Strip<TLanes>(groups, 0).StripsTogether))];
        laneSums = memory.Allocate((nint)ChannelsTogether * shape.FanIn * LaneGroup.Size);
    }

    /// <summary>The channels whose weights' gradients are computed together.</summary>
    public static int ChannelsTogether => Tiling.BestColumns<TLanes>();

    /// <summary>Computes the gradients of weights, a few output channels at a time.</summary>
    /// <param name="groups">The slice's groups.</param>
    /// <param name="gradients">The output's gradients.</param>
    /// <param name="isFirst">Whether the slice is its batch's first; else its gradients are added to those of the slices before.</param>
    public void ComputeWeightGradients<TGradients>(int groups, TGradients gradients, bool isFirst)
        where TGradients : struct, IOutputGradients
    {
        for (var channel = 0; channel < shape.OutChannels;)
        {
            var channels = Tiling.NextBlock(shape.OutChannels - channel, ChannelsTogether);
            var weights = channels * shape.FanIn;
            NativeMemory.Clear(laneSums, (nuint)weights * LaneGroup.Size * sizeof(float));
            for (var group = 0; group < groups; group++)
                AddLaneSums(group, gradients, channel, channels);
            LaneGroup.SumEach(laneSums, parameters.WeightGradient + (nint)channel * shape.FanIn, weights, isFirst);
            channel += channels;
        }
    }

    /// <summary>
    /// Computes the gradients of the input, row by row, and each row from some output channels at a time: from so many as leave what the
    /// row meets of them near while all input channels pass over it.
    /// </summary>
    /// <param name="groups">The slice's groups.</param>
    /// <param name="gradients">The output's gradients.</param>
    /// <param name="groupLength">From a group of those to the next.</param>
    public void ComputeInputGradients(int groups, float* gradients, nint groupLength)
    {
        for (var group = 0; group < groups; group++)
            NativeMemory.Clear(input.Gradients + group * input.GroupLength, (nuint)(shape.InChannels * input.Plane) * sizeof(float));
        var strip = new Strip<TLanes>(groups, groupLength);
        var sumStrip = new Strip<TLanes>(groups, input.GroupLength);
        var (together, alone) = places[groups - 1];
        var channelsAtOnce = (int)Math.Max(1, strip.Passes * MeetingBytes / (groups * shape.Kernel * shape.OutputRow * sizeof(float)));
        for (var pass = 0; pass < strip.Passes; pass++)
        {
            var sums = new Stored<TLanes>(input.Gradients + pass * sumStrip.PassStep, input.Plane, sumStrip.Offsets);
            var sumsTogether = new Stored<TLanes>(
                input.Gradients + pass * sumStrip.PassStep, input.Plane, sumStrip.OffsetsTogether(shape.Stride * LaneGroup.Size));
            for (var y = 0; y < shape.InputHeight; y++)
            {
                for (var channel = 0; channel < shape.OutChannels;)
                {
                    var channels = Tiling.NextBlock(shape.OutChannels - channel, channelsAtOnce);
                    var weights = parameters.Weight + (nint)channel * shape.FanIn;
                    var outputs = gradients + pass * strip.PassStep + channel * shape.OutputPlane;
                    var kernel = new InputGradientKernel<TLanes>(
                        shape, weights, outputs, channels, y, together, strip.OffsetsTogether(LaneGroup.Size), sumsTogether);
                    Tiling.Cover<TLanes, InputGradientKernel<TLanes>>(kernel, shape.InChannels, strip.StripsTogether * strip.Columns);
                    kernel = new InputGradientKernel<TLanes>(shape, weights, outputs, channels, y, alone, strip.Offsets, sums);
                    Tiling.Cover<TLanes, InputGradientKernel<TLanes>>(kernel, shape.InChannels, strip.Columns);
                    channel += channels;
                }
            }
        }
    }

    /// <summary>
    /// The positions of a row of the input, cut into runs that the same columns of the kernel met, each position a stride after the one before,
    /// and the rest.
    /// </summary>
    /// <param name="length">Of a run.</param>
    /// <returns>Each run's first position, and every position that is in none.</returns>
    private (int[] Together, int[] Alone) Places(int length)
    {
        var (together, alone) = (new List<int>(), new List<int>());
        for (var first = 0; first < shape.Stride; first++)
        {
            for (var x = first; x < shape.InputWidth;)
            {
                var isRun = Enumerable.Range(0, length).All(index => x + index * shape.Stride < shape.InputWidth && Met(x + index * shape.Stride) == Met(x));
                (isRun ? together : alone).Add(x);
                x += (isRun ? length : 1) * shape.Stride;
            }
        }

        return ([.. together], [.. alone]);

        (int First, int Count) Met(int x) => shape.KernelThatMet(x, shape.OutputWidth);
    }

    /// <summary>The rows of a strip whose gradients and activations stay in the L1 cache while the kernel's rows pass over them.</summary>
    /// <param name="rowsTogether">What the number is a multiple of.</param>
    public int StripRows(int rowsTogether)
    {
        var rowBytes = (int)(ChannelsTogether * shape.OutputRow + shape.Stride * shape.PaddedRow) * sizeof(float);
        var rows = (StripBytes - (shape.Kernel - 1) * (int)shape.PaddedRow * sizeof(float)) / rowBytes;
        return Math.Max(1, rows / rowsTogether) * rowsTogether;
    }

    /// <summary>Adds up what one group does to the weights of some output channels, strip by strip.</summary>
    private void AddLaneSums<TGradients>(int group, TGradients gradients, int channel, int channels)
        where TGradients : struct, IOutputGradients
    {
        var mostRows = StripRows(TGradients.RowsTogether);
        for (var y = 0; y < shape.OutputHeight; y += mostRows)
        {
            var rows = Math.Min(mostRows, shape.OutputHeight - y);
            var strip = gradients.Rows(group, channel, channels, y, rows);
            var sums = new Stored<TLanes>(laneSums, LaneGroup.Size, ColumnOffsets.Every((nint)shape.FanIn * LaneGroup.Size));
            var kernel = new WeightGradientKernel<TLanes>(shape, padded.Values + group * padded.GroupLength, strip, y, rows, sums);
            Tiling.Cover<TLanes, WeightGradientKernel<TLanes>>(kernel, shape.Kernel, channels);
        }
    }
}
