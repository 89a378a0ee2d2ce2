namespace FlDurable.Shared.Networks;

/// <summary>
/// In training each value becomes 0 with a probability, and the others are as much larger (Srivastava et al. 2014); in evaluation nothing
/// happens. Which ones become 0 follows from the federation's seed, the round, the client and the step.
/// </summary>
/// <param name="Probability">Of a value to become 0, 0 to 1.</param>
public sealed record Dropout(double Probability) : Layer
{
    /// <inheritdoc/>
    public override string Kind => "dropout";

    /// <summary>What the values that are kept are multiplied by.</summary>
    public float Factor => Probability < 1 ? 1f / (float)(1 - Probability) : 0;

    /// <summary>Its plan.</summary>
    /// <inheritdoc cref="Dropout(double)"/>
    public static LayerPlan Plan(double probability) => new("dropout", name: null, _ => new Dropout(probability));

    /// <inheritdoc/>
    public override ImageShape OutputShape(ImageShape input) => input;

    /// <summary>Beside each value what it is multiplied by.</summary>
    internal override long ValuesHeld(ImageShape input) => 2L * input.Length;
}
