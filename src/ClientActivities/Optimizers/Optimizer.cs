using FlDurable.ClientActivities.Vectors;

namespace FlDurable.ClientActivities.Optimizers;

/// <summary>What turns gradients into a step of the parameters, in one pass over both.</summary>
internal abstract unsafe class Optimizer(float learningRate)
{
    /// <summary>
    /// 2⁻¹²⁶. What is smaller, subnormal, has lost bits, and many processors take more than a hundred cycles to compute with it. Moments
    /// that fade, where a feature is never active again, would end there and stay: they become 0 instead.
    /// </summary>
    protected const float SmallestNormal = 1.17549435E-38f;

    /// <summary>The size of the next steps.</summary>
    public float LearningRate { get; set; } = learningRate;

    /// <summary>Takes a step.</summary>
    /// <param name="parameters">The parameters; changed.</param>
    /// <param name="gradients">The loss's derivatives by them.</param>
    /// <param name="length">How many; memory reaches to the end of the last group of lanes.</param>
    public abstract void Step(float* parameters, float* gradients, nint length);

    /// <summary>A fresh optimizer, as the options say, on this machine's widest vectors; in software where it has none.</summary>
    /// <param name="memory">Where its state is to be.</param>
    /// <param name="options">How it steps.</param>
    /// <param name="length">How many parameters there are.</param>
    /// <param name="term">What the options add to gradients, in the order of the parameters; null for nothing.</param>
    public static Optimizer Create(LaneMemory memory, TrainingOptions options, nint length, TermMemory? term = null) =>
        Machine.WidestLanes == LaneWidth.Bits512
            ? Create<Lanes16>(memory, options, length, term)
            : Create<Lanes8>(memory, options, length, term);

    /// <summary>A fresh optimizer, as the options say, on vectors of one width.</summary>
    /// <inheritdoc cref="Create(LaneMemory, TrainingOptions, nint, TermMemory?)" path="/param"/>
    public static Optimizer Create<TLanes>(LaneMemory memory, TrainingOptions options, nint length, TermMemory? term = null)
        where TLanes : struct, ILanes<TLanes> => term is { } added
            ? Create<TLanes, AddedTerm<TLanes>>(memory, options, length, new AddedTerm<TLanes>(added))
            : Create<TLanes, NoTerm<TLanes>>(memory, options, length, default);

    private static Optimizer Create<TLanes, TTerm>(LaneMemory memory, TrainingOptions options, nint length, TTerm term)
        where TLanes : struct, ILanes<TLanes>
        where TTerm : struct, ITerm<TLanes> => options.Optimizer switch
        {
            OptimizerKind.Adam => new Adam<TLanes, TTerm>(memory, options, length, term),
            OptimizerKind.Sgd => new Sgd<TLanes, TTerm>(memory, options, length, term),
            _ => throw new NotSupportedException($"there is no optimizer '{options.Optimizer}'"),
        };
}
