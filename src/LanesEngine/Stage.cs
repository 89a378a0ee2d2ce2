namespace FlDurable.LanesEngine;

/// <summary>
/// One step of a network over a slice of a batch: a layer, or several that are computed together. The way back asks for the parameters'
/// gradients first, then for the input's.
/// </summary>
internal abstract class Stage
{
    /// <summary>What it computes, for people.</summary>
    public abstract string Name { get; }

    /// <summary>
    /// Multiply-adds by image of <see cref="Forward"/>, and as many again of each kind of gradients, those included that a stage leaves out since they
    /// change nothing; 0 where there are none.
    /// </summary>
    public virtual double MultiplyAdds => 0;

    /// <summary>What the stage makes, and where it expects the gradients of that.</summary>
    public abstract Activations Output { get; }

    /// <summary>Computes the output's values from the input's.</summary>
    public abstract void Forward(int groups);

    /// <summary>Computes the parameters' gradients, if there are parameters, from the output's; those it may change.</summary>
    /// <param name="groups">The slice's groups.</param>
    /// <param name="isFirst">Whether the slice is its batch's first; else the gradients are added to those of the slices before.</param>
    public abstract void ComputeParameterGradients(int groups, bool isFirst);

    /// <summary>Computes the input's gradients from the output's. Called only where the input has gradients.</summary>
    public abstract void ComputeInputGradients(int groups);
}
