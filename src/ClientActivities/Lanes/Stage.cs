namespace FlDurable.ClientActivities.Lanes;

/// <summary>One step of a network over a slice of a batch: a layer, or several that are computed together.</summary>
internal abstract class Stage
{
    /// <summary>What the stage makes, and where it expects the gradients of that.</summary>
    public abstract Activations Output { get; }

    /// <summary>Computes the output's values from the input's.</summary>
    public abstract void Forward(int groups);

    /// <summary>
    /// Computes the input's gradients, where they are asked for, and the parameters' from the output's, which it may change.
    /// </summary>
    /// <param name="groups">The slice's groups.</param>
    /// <param name="isFirst">
    /// Whether the slice is its batch's first; else the parameters' gradients are added to those of the slices before.
    /// </param>
    public abstract void Backward(int groups, bool isFirst);
}
