namespace FlDurable.Shared.Networks;

/// <summary>max(x, 0) of every value; its derivative at 0 is 0.</summary>
public sealed record ReLU : Layer
{
    /// <summary>Its plan.</summary>
    public static LayerPlan Plan { get; } = new("relu", name: null, _ => new ReLU());

    /// <inheritdoc/>
    public override string Kind => "relu";

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) => input;
}
