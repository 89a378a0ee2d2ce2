namespace FlDurable.Shared.Specs;

/// <summary>How images are changed in training: an <see cref="Augmentation"/>.</summary>
public sealed record AugmentationField(string Name, string Meaning) : ObjectField(Name, Meaning)
{
    /// <summary>What must be given in any case.</summary>
    public const string Required = PadName;

    internal const string PadName = "pad";
    internal const string FlipName = "flip";

    private const int MostPad = 64;

    /// <inheritdoc/>
    public override string Kind => $"an object with {PadName}, and {FlipName} or not";

    /// <inheritdoc/>
    public override string Placeholder => $"{PadName}=N";

    /// <inheritdoc/>
    public override IReadOnlyList<SpecField> Members { get; } =
    [
        new WholeNumberField(PadName, "An image is continued by so many pixels on every side, mirrored, and its size is cut out of that somewhere; less than its sides.", 0, MostPad),
        new FlagField(FlipName, "Whether half of the images have left and right exchanged.") { Default = true },
    ];

    private protected override (string Member, string Meaning) MustHave => (PadName, "by how many pixels an image is continued on every side");

    private protected override object Make(IReadOnlyDictionary<string, object> given, string path, SpecErrors errors)
    {
        var augmentation = new Augmentation((int)(long)given[PadName], !given.TryGetValue(FlipName, out var flip) || (bool)flip);
        if (augmentation is { Pad: 0, Flip: false })
            errors.Add(path, $"expected {PadName} above 0, or {FlipName}; with neither nothing is changed");
        return augmentation;
    }
}
