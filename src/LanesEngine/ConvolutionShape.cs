using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>
/// A convolution's measures, of one group of its channels where it has several. The output may be cropped to what a pooling layer looks at.
/// </summary>
internal readonly record struct ConvolutionShape(
    int InChannels, int OutChannels, int Kernel, int Stride, int Padding,
    int InputHeight, int InputWidth, int OutputHeight, int OutputWidth)
{
    public ConvolutionShape(Conv2d layer, ImageShape input, ImageShape output)
        : this(
            layer.InChannels / layer.Groups, layer.OutChannels / layer.Groups, layer.Kernel, layer.Stride, layer.Padding,
            input.Height, input.Width, output.Height, output.Width)
    {
    }

    /// <summary>Weights that one output is computed from.</summary>
    public int FanIn => InChannels * Kernel * Kernel;

    public int PaddedHeight => InputHeight + 2 * Padding;

    public int PaddedWidth => InputWidth + 2 * Padding;

    /// <summary>Numbers from a row of the padded input to the next.</summary>
    public nint PaddedRow => (nint)PaddedWidth * LaneGroup.Size;

    /// <summary>Numbers from a channel of the padded input to the next.</summary>
    public nint PaddedPlane => PaddedHeight * PaddedRow;

    /// <summary>Numbers from a row of the output to the next.</summary>
    public nint OutputRow => (nint)OutputWidth * LaneGroup.Size;

    /// <summary>Numbers from a channel of the output to the next.</summary>
    public nint OutputPlane => OutputHeight * OutputRow;

    /// <summary>Multiply-adds by image, forward, those with padding included.</summary>
    public double MultiplyAdds => (double)OutChannels * OutputHeight * OutputWidth * FanIn;

    /// <summary>Which rows (or columns) of the kernel meet more than padding from some rows (or columns) of the output.</summary>
    /// <param name="output">The first of the output.</param>
    /// <param name="outputs">How many.</param>
    /// <param name="inputs">The input's rows (or columns).</param>
    public (int First, int Count) KernelMeeting(int output, int outputs, int inputs)
    {
        var first = Math.Max(0, Padding - Stride * (output + outputs - 1));
        var end = Math.Min(Kernel, Padding + inputs - Stride * output);
        return (first, Math.Max(0, end - first));
    }

    /// <summary>Which rows of the output, of some, meet more than padding with a row of the kernel.</summary>
    /// <param name="kernelRow">The kernel's row.</param>
    /// <param name="output">The first row.</param>
    /// <param name="outputs">How many.</param>
    public (int First, int Count) OutputsMeeting(int kernelRow, int output, int outputs)
    {
        var first = Math.Max(output, Steps(Padding - kernelRow));
        var end = Math.Min(output + outputs, Steps(Padding + InputHeight - kernelRow));
        return (first, Math.Max(0, end - first));
    }

    /// <summary>
    /// Which rows (or columns) of the kernel met an output when they lay on a row (or column) of the input: each a stride after the one
    /// before.
    /// </summary>
    /// <param name="input">The input's row (or column).</param>
    /// <param name="outputs">The output's rows (or columns).</param>
    public (int First, int Count) KernelThatMet(int input, int outputs)
    {
        var first = Math.Max((Padding + input) % Stride, Padding + input - Stride * (outputs - 1));
        var end = Math.Min(Kernel, Padding + input + 1);
        return (first, Math.Max(0, Steps(end - first)));
    }

    /// <summary>How many steps of a stride it takes to come so far, or farther.</summary>
    private int Steps(int distance) => distance > 0 ? (distance + Stride - 1) / Stride : 0;
}
