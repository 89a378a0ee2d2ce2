using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Specs;

/// <summary>A sort of layers, as specs give them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Plan">Makes the plan of a checked one.</param>
internal sealed record LayerKind(string Name, Func<GivenLayer, LayerPlan> Plan)
{
    /// <summary>Its options, with PyTorch's names. One without a default must be given, unless it is among <see cref="Optional"/>.</summary>
    public IReadOnlyList<SpecField> Options { get; init; } = [];

    /// <summary>Options that may be left out though they have no default: it follows from others.</summary>
    public IReadOnlyList<SpecField> Optional { get; init; } = [];

    /// <summary>Lists of layers that it is made of; the first must have some.</summary>
    public IReadOnlyList<string> Chains { get; init; } = [];

    /// <summary>Whether parameters are named for it, so that it may have a name.</summary>
    public bool IsNamed { get; init; }
}

/// <summary>The layers that a spec's own network can have: all that the engines know.</summary>
internal static class LayerKinds
{
    /// <summary>What says which sort of layer it is.</summary>
    public const string Type = "type";

    /// <summary>The module's name.</summary>
    public const string Name = "name";

    private const string Body = "body";
    private const string Shortcut = "shortcut";
    private const int MostChannels = 65_536;
    private const int MostKernel = 255;

    private static readonly WholeNumberField OutChannels = new("outChannels", "Output channels.", 1, MostChannels);
    private static readonly WholeNumberField OutFeatures =
        new("outFeatures", "Output features.", 1, MostChannels) { DefaultMeaning = "one a class" };

    private static readonly WholeNumberField KernelSize = new("kernelSize", "Height and width of the kernel, or of the window.", 1, MostKernel);
    private static readonly WholeNumberField Stride = new("stride", "From a place to the next.", 1, MostKernel) { Default = 1 };
    private static readonly WholeNumberField WindowStride = new("stride", "From a window to the next.", 1, MostKernel) { DefaultMeaning = "kernelSize" };
    private static readonly WholeNumberField Padding = new("padding", "Rows and columns added on each side.", 0, MostKernel) { Default = 0 };
    private static readonly WholeNumberField Groups = new("groups", "Groups of channels, each convolved by itself.", 1, MostChannels) { Default = 1 };
    private static readonly WholeNumberField NumGroups = new("numGroups", "Groups of channels, each normalised by itself.", 1, MostChannels);
    private static readonly FlagField Bias = new("bias", "Whether each output has a bias.") { Default = true };
    private static readonly FlagField CountIncludePad = new("countIncludePad", "Whether a mean counts the padding.") { Default = true };
    private static readonly NumberField Momentum =
        new("momentum", "The part that a batch has in the running statistics.", new NumberRange(0, 1) { IsAboveLeast = true }) { Default = BatchNorm2d.DefaultMomentum };

    private static readonly NumberField P = new("p", "The probability of a value to become 0.", new NumberRange(0, 1));

    /// <summary>All of them.</summary>
    public static IReadOnlyList<LayerKind> All { get; } =
    [
        new("conv2d", layer => Conv2d.Plan(
            layer.Name, layer.Whole(OutChannels), layer.Whole(KernelSize), layer.Whole(Padding), layer.Whole(Stride), layer.Whole(Groups), layer.Flag(Bias)))
        {
            Options = [OutChannels, KernelSize, Stride, Padding, Groups, Bias],
            IsNamed = true,
        },
        new("linear", layer => Linear.Plan(layer.Name, layer.FindWhole(OutFeatures), layer.Flag(Bias)))
        {
            Options = [OutFeatures, Bias],
            Optional = [OutFeatures],
            IsNamed = true,
        },
        new("relu", _ => ReLU.Plan),
        new("maxpool2d", layer => MaxPool2d.Plan(layer.Whole(KernelSize), layer.FindWhole(WindowStride) ?? 0, layer.Whole(Padding)))
        {
            Options = [KernelSize, WindowStride, Padding],
            Optional = [WindowStride],
        },
        new("avgpool2d", layer => AvgPool2d.Plan(
            layer.Whole(KernelSize), layer.FindWhole(WindowStride) ?? 0, layer.Whole(Padding), layer.Flag(CountIncludePad)))
        {
            Options = [KernelSize, WindowStride, Padding, CountIncludePad],
            Optional = [WindowStride],
        },
        new("globalavgpool2d", _ => GlobalAvgPool2d.Plan),
        new("groupnorm", layer => GroupNorm.Plan(layer.Name, layer.Whole(NumGroups))) { Options = [NumGroups], IsNamed = true },
        new("batchnorm2d", layer => BatchNorm2d.Plan(layer.Name, layer.Number(Momentum))) { Options = [Momentum], IsNamed = true },
        new("dropout", layer => Dropout.Plan(layer.Number(P))) { Options = [P] },
        new("residual", layer => Residual.Plan(layer.Name, layer.Plans(Body), layer.Plans(Shortcut))) { Chains = [Body, Shortcut], IsNamed = true },
        new("flatten", _ => Flatten.Plan),
    ];

    /// <summary>All of them for who shows them.</summary>
    public static IReadOnlyList<SpecAlternative> Alternatives { get; } = [.. All.Select(kind => new SpecAlternative(kind.Name, kind.Options))];
}
