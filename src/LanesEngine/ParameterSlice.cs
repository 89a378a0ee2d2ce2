namespace FlDurable.LanesEngine;

/// <summary>A layer's place in the network's parameters and gradients.</summary>
/// <param name="weight">The weights.</param>
/// <param name="bias">The biases; null where there are none.</param>
/// <param name="weightGradient">The loss's derivatives by the weights; null when the network is only evaluated.</param>
/// <param name="biasGradient">The loss's derivatives by the biases; null when there are none or the network is only evaluated.</param>
internal readonly unsafe struct ParameterSlice(float* weight, float* bias, float* weightGradient, float* biasGradient)
{
    public float* Weight { get; } = weight;

    public float* Bias { get; } = bias;

    public float* WeightGradient { get; } = weightGradient;

    public float* BiasGradient { get; } = biasGradient;

    /// <summary>The weights from one on, without biases.</summary>
    public ParameterSlice WeightsFrom(nint first) => new(Weight + first, null, WeightGradient == null ? null : WeightGradient + first, null);
}
