namespace FlDurable.Shared.Networks;

/// <summary>A convolution: weight <c>[out, in / groups, kernel, kernel]</c>.</summary>
/// <param name="Name">The module's name.</param>
/// <param name="InChannels">Input channels.</param>
/// <param name="OutChannels">Output channels.</param>
/// <param name="Kernel">The kernel's height and width.</param>
/// <param name="Padding">Zeros added on each side.</param>
/// <param name="Stride">From a position to the next, down and to the right.</param>
/// <param name="Groups">In how many groups the channels are divided; each group's output comes from its own input alone.</param>
/// <param name="Bias">Whether each output channel has a bias.</param>
public sealed record Conv2d(
    string Name, int InChannels, int OutChannels, int Kernel, int Padding = 0, int Stride = 1, int Groups = 1, bool Bias = true)
    : ParametricLayer(Name)
{
    /// <inheritdoc/>
    public override string Kind => "conv2d";

    /// <inheritdoc/>
    public override IReadOnlyList<int> WeightShape => [OutChannels, InChannels / Groups, Kernel, Kernel];

    /// <inheritdoc/>
    public override bool HasBias => Bias;

    /// <summary>A convolution of however many channels come to it.</summary>
    /// <inheritdoc cref="Conv2d(string, int, int, int, int, int, int, bool)"/>
    public static LayerPlan Plan(
        string? name, int outChannels, int kernel, int padding = 0, int stride = 1, int groups = 1, bool bias = true) => new(
            "conv2d", name, place => new Conv2d(place.Name, place.Input.Channels, outChannels, kernel, padding, stride, groups, bias));

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input)
    {
        if (input.Channels != InChannels)
            throw new NetworkFitException($"takes {InChannels} channels, got {input}");
        if (InChannels % Groups != 0 || OutChannels % Groups != 0)
            throw new NetworkFitException($"takes channels in {Groups} groups of one size, got {input} and makes {OutChannels} channels");
        return new SlidingWindow(Kernel, Stride, Padding).Over(input, OutChannels);
    }

    /// <summary>Beside the output the input with its padding, and the gradients of some channels' weights, summed by image.</summary>
    internal override long ValuesHeld(ImageShape input)
    {
        const int ChannelsTogether = 4;
        var padded = Padding == 0 ? 0 : (long)InChannels * (input.Height + (2 * Padding)) * (input.Width + (2 * Padding));
        return OutputShape(input).Length + padded + ((long)ChannelsTogether * FanIn);
    }

    /// <inheritdoc/>
    internal override double MultiplyAdds(ImageShape input) => (double)OutputShape(input).Length * FanIn;
}
