using FlDurable.Shared.Networks;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>A convolution's measures. The output may be cropped to what a pooling layer looks at.</summary>
internal readonly record struct ConvolutionShape(
    int InChannels, int OutChannels, int Kernel, int Padding, int InputHeight, int InputWidth, int OutputHeight, int OutputWidth)
{
    public ConvolutionShape(Conv2d layer, ImageShape input, ImageShape output)
        : this(layer.InChannels, layer.OutChannels, layer.Kernel, layer.Padding, input.Height, input.Width, output.Height, output.Width)
    {
    }

    /// <summary>Weights that one output is computed from.</summary>
    public int FanIn => InChannels * Kernel * Kernel;

    public int PaddedHeight => InputHeight + 2 * Padding;

    public int PaddedWidth => InputWidth + 2 * Padding;

    /// <summary>Multiply-adds by image, forward.</summary>
    public double MultiplyAdds => (double)OutChannels * OutputHeight * OutputWidth * FanIn;
}
