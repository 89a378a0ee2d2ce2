namespace FlDurable.ClientActivities.Lanes;

/// <summary>What turns gradients into a step of the parameters, in one pass over both.</summary>
internal abstract unsafe class Optimizer
{
    /// <summary>Takes a step.</summary>
    /// <param name="parameters">The parameters; changed.</param>
    /// <param name="gradients">The loss's derivatives by them.</param>
    /// <param name="length">How many; memory reaches to the end of the last group of lanes.</param>
    public abstract void Step(float* parameters, float* gradients, nint length);

    /// <summary>A fresh optimizer, as the options say.</summary>
    public static Optimizer Create<TLanes>(LaneMemory memory, TrainingOptions options, nint length)
        where TLanes : struct, ILanes<TLanes> => options.Optimizer switch
        {
            OptimizerKind.Adam => new Adam<TLanes>(memory, options, length),
            OptimizerKind.Sgd => new Sgd<TLanes>(memory, options, length),
            _ => throw new NotSupportedException($"the Lanes engine has no optimizer '{options.Optimizer}'"),
        };
}
