using System.Runtime.InteropServices;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>A convolution over a slice, forward.</summary>
internal sealed unsafe class Convolution<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    private readonly ConvolutionShape shape;
    private readonly ParameterSlice parameters;
    private readonly Activations input;

    public Convolution(LaneMemory memory, ConvolutionShape shape, ParameterSlice parameters, Activations input)
    {
        this.shape = shape;
        this.parameters = parameters;
        this.input = input;
        Padded = shape.Padding == 0
            ? input
            : Activations.Allocate(memory, new ImageShape(shape.InChannels, shape.PaddedHeight, shape.PaddedWidth), withGradients: false);
    }

    /// <summary>The input with its border of zeros; the input itself where there is none.</summary>
    public Activations Padded { get; }

    /// <summary>Puts a border of zeros around the input, where the layer asks for one.</summary>
    public void Pad(int groups)
    {
        if (shape.Padding == 0)
            return;
        var row = (nint)shape.InputWidth * LaneGroup.Size;
        for (nint plane = 0; plane < (nint)groups * shape.InChannels; plane++)
        {
            var (group, channel) = Math.DivRem(plane, shape.InChannels);
            var from = input.Values + group * input.GroupLength + channel * input.Plane;
            var to = Padded.Values + plane * shape.PaddedPlane + shape.Padding * (shape.PaddedRow + LaneGroup.Size);
            for (var y = 0; y < shape.InputHeight; y++)
                NativeMemory.Copy(from + y * row, to + y * shape.PaddedRow, (nuint)row * sizeof(float));
        }
    }

    /// <summary>Computes one group's output.</summary>
    /// <param name="group">The group.</param>
    /// <param name="grid">Which positions make up a tile.</param>
    /// <param name="columns">How many positions.</param>
    /// <param name="offsets">Where they lie in the input.</param>
    /// <param name="sink">What becomes of the sums, by output channel.</param>
    public void Convolve<TSink>(int group, TileGrid grid, int columns, ColumnOffsets offsets, TSink sink)
        where TSink : struct, ISumSink<TLanes>
    {
        var kernel = new ConvolutionKernel<TLanes, TSink>(
            shape, parameters.Weight, Padded.Values + group * Padded.GroupLength, grid, offsets, sink);
        Tiling.Cover<TLanes, ConvolutionKernel<TLanes, TSink>>(kernel, shape.OutChannels, columns);
    }
}
