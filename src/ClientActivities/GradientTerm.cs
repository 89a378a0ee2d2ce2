namespace FlDurable.ClientActivities;

/// <summary>
/// What a strategy adds to every gradient: μ (x − x₀) + offset, with x₀ the parameters that the training starts from. The optimizer adds it
/// in the same pass over the parameters in which it takes its step.
/// </summary>
/// <param name="Proximal">μ.</param>
/// <param name="Start">x₀, in the network's layout.</param>
/// <param name="Offset">The offset, likewise; empty for none.</param>
public sealed record GradientTerm(float Proximal, ReadOnlyMemory<float> Start, ReadOnlyMemory<float> Offset);
