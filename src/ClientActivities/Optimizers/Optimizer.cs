using FlDurable.ClientActivities.Vectors;

namespace FlDurable.ClientActivities.Optimizers;

/// <summary>What turns gradients into a step of the parameters, in one pass over both.</summary>
internal abstract unsafe class Optimizer
{
    /// <summary>
    /// 2⁻¹²⁶. What is smaller, subnormal, has lost bits, and many processors take more than a hundred cycles to compute with it. Moments
    /// that fade, where a feature is never active again, would end there and stay: they become 0 instead.
    /// </summary>
    protected const float SmallestNormal = 1.17549435E-38f;

    /// <summary>Takes a step.</summary>
    /// <param name="parameters">The parameters; changed.</param>
    /// <param name="gradients">The loss's derivatives by them.</param>
    /// <param name="length">How many; memory reaches to the end of the last group of lanes.</param>
    public abstract void Step(float* parameters, float* gradients, nint length);

    /// <summary>A fresh optimizer, as the options say, on this machine's widest vectors; in software where it has none.</summary>
    public static Optimizer Create(LaneMemory memory, TrainingOptions options, nint length) => Machine.WidestLanes == LaneWidth.Bits512
        ? Create<Lanes16>(memory, options, length)
        : Create<Lanes8>(memory, options, length);

    /// <summary>A fresh optimizer, as the options say, on vectors of one width.</summary>
    public static Optimizer Create<TLanes>(LaneMemory memory, TrainingOptions options, nint length)
        where TLanes : struct, ILanes<TLanes> => options.Optimizer switch
        {
            OptimizerKind.Adam => new Adam<TLanes>(memory, options, length),
            OptimizerKind.Sgd => new Sgd<TLanes>(memory, options, length),
            _ => throw new NotSupportedException($"there is no optimizer '{options.Optimizer}'"),
        };
}
