namespace FlDurable.ClientActivities.Lanes;

/// <summary>One step of a network over a slice of a batch: a layer, or several that are computed together.</summary>
internal abstract class Stage
{
    /// <summary>What the stage makes, and where it expects the gradients of that.</summary>
    public abstract Activations Output { get; }

    /// <summary>Computes the output's values from the input's.</summary>
    public abstract void Forward(int groups);

    /// <summary>
    /// Computes the input's gradients, where they are asked for, from the output's, and adds the parameters' gradients up. The stage
    /// may use the output's gradients as scratch.
    /// </summary>
    public abstract void Backward(int groups);
}
