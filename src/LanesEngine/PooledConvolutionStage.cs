using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>
/// A convolution, perhaps a ReLU, and 2×2 max-pooling as one: the four positions of a window are a tile's columns, and what is not the
/// window's largest never leaves the registers.
/// </summary>
internal sealed unsafe class PooledConvolutionStage<TLanes> : Stage
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>
    /// The weights of an output channel from which on it is faster to go over the winners alone: with 9, as of one channel under a 3×3 kernel, to find
    /// them takes longer than all products; with 25, of a 5×5 kernel, it takes two thirds of the time.
    /// </summary>
    private const int FewestWeightsForLists = 16;

    private readonly ConvolutionShape shape;
    private readonly ParameterSlice parameters;
    private readonly Convolution<TLanes> convolution;
    private readonly float* biases; // zeros where the layer has none
    private readonly bool rectify;
    private readonly float* winners; // by pooled value: which column won its window
    private readonly float* biasSums;

    // The way back: over the winners, or of few weights, for which a list of those costs more than it spares, over all positions.
    private readonly PooledConvolutionGradients<TLanes>? overWinners;
    private readonly ConvolutionGradients<TLanes>? overAll;
    private readonly float* scattered; // the gradients of the convolution's output: all of them if the input's are asked for, else a strip
    private readonly bool areKept;

    public PooledConvolutionStage(
        LaneMemory memory, Conv2d layer, bool rectify, MaxPool2d pooling, ParameterSlice parameters, Activations input)
    {
        this.parameters = parameters;
        Name = rectify ? $"{layer.Name} + ReLU + max-pooling" : $"{layer.Name} + max-pooling";
        this.rectify = rectify;
        var pooled = pooling.OutputShape(layer.OutputShape(input.Shape));
        var looked = pooled with { Height = pooling.Size * pooled.Height, Width = pooling.Size * pooled.Width };
        shape = new ConvolutionShape(layer, input.Shape, looked);
        convolution = new Convolution<TLanes>(memory, shape, parameters, input);
        biases = parameters.Bias == null ? memory.Allocate(layer.OutChannels) : parameters.Bias;
        Output = Activations.Allocate(memory, pooled, withGradients: parameters.WeightGradient != null);
        winners = memory.Allocate(Output.GroupLength * BatchSlice.Groups);
        if (parameters.WeightGradient == null)
            return;
        if (parameters.BiasGradient != null)
            biasSums = memory.Allocate(shape.OutChannels * LaneGroup.Size);
        if (shape.FanIn >= FewestWeightsForLists)
        {
            overWinners = new PooledConvolutionGradients<TLanes>(memory, shape, parameters, input, Output, winners);
        }
        else
        {
            overAll = new ConvolutionGradients<TLanes>(memory, shape, parameters, input, convolution.Padded);
            areKept = input.HasGradients;
            var strip = (nint)ConvolutionGradients<TLanes>.ChannelsTogether * overAll.StripRows(PoolingWindow.Size) * looked.Width;
            scattered = memory.Allocate((areKept ? (nint)looked.Length * BatchSlice.Groups : strip) * LaneGroup.Size);
        }
    }

    public override string Name { get; }

    public override double MultiplyAdds => shape.MultiplyAdds;

    public override Activations Output { get; }

    public override void Forward(int groups)
    {
        convolution.Pad(groups);
        var grid = new TileGrid(Output.Shape.Height, Output.Shape.Width, PlacesPerTile: 1, PoolingWindow.Size);
        var plane = (nint)Output.Shape.Height * Output.Shape.Width * LaneGroup.Size;
        for (var group = 0; group < groups; group++)
        {
            var at = group * Output.GroupLength;
            var sink = new Pooled<TLanes>(Output.Values + at, winners + at, plane, biases, rectify);
            convolution.Convolve(group, grid, PoolingWindow.Positions, PoolingWindow.Columns(shape.PaddedRow), sink);
        }
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
        overAll?.ComputeWeightGradients(groups, new PooledGradients<TLanes>(Output, winners, scattered, areKept), isFirst);
        overWinners?.ComputeWeightGradients(groups, isFirst);
        if (parameters.BiasGradient == null)
            return;
        SumBiasGradients(groups);
        LaneGroup.SumEach(biasSums, parameters.BiasGradient, shape.OutChannels, isFirst);
    }

    public override void ComputeInputGradients(int groups)
    {
        overAll?.ComputeInputGradients(groups, scattered, shape.OutChannels * shape.OutputPlane);
        overWinners?.ComputeInputGradients(groups);
    }

    /// <summary>Sums each channel's gradients lane by lane; four channels at a time, so that their sums don't wait for each other.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SumBiasGradients(int groups)
    {
        var (plane, last) = (Output.Plane, shape.OutChannels - 1);
        for (var channel = 0; channel <= last; channel += 4)
        {
            var (second, third, fourth) = (Math.Min(channel + 1, last), Math.Min(channel + 2, last), Math.Min(channel + 3, last));
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
            {
                TLanes sum0 = default, sum1 = default, sum2 = default, sum3 = default;
                for (var group = 0; group < groups; group++)
                {
                    var at = group * Output.GroupLength + lane;
                    for (var end = at + plane; at < end; at += LaneGroup.Size)
                    {
                        sum0 += Passed(at + channel * plane);
                        sum1 += Passed(at + second * plane);
                        sum2 += Passed(at + third * plane);
                        sum3 += Passed(at + fourth * plane);
                    }
                }

                sum0.Store(biasSums + channel * LaneGroup.Size + lane);
                sum1.Store(biasSums + second * LaneGroup.Size + lane);
                sum2.Store(biasSums + third * LaneGroup.Size + lane);
                sum3.Store(biasSums + fourth * LaneGroup.Size + lane);
            }
        }
    }

    /// <summary>The gradients that the rectifier let pass.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private TLanes Passed(nint at) => TLanes.Select(
        TLanes.IsGreater(TLanes.Load(winners + at), TLanes.Broadcast(PoolingWindow.NoWinner)), TLanes.Load(Output.Gradients + at), default);
}
