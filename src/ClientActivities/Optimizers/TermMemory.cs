using FlDurable.ClientActivities.Vectors;

namespace FlDurable.ClientActivities.Optimizers;

/// <summary>A <see cref="GradientTerm"/> where an engine has its parameters, in the same order.</summary>
/// <param name="Proximal">μ.</param>
/// <param name="Start">x₀.</param>
/// <param name="Offset">The offset.</param>
internal readonly unsafe record struct TermMemory(float Proximal, nint Start, nint Offset)
{
    /// <summary>For an engine that keeps parameters in the network's layout.</summary>
    public static TermMemory? Of(LaneMemory memory, GradientTerm? term)
    {
        return term is null ? null : new TermMemory(term.Proximal, Copy(term.Start), Copy(term.Offset));

        nint Copy(ReadOnlyMemory<float> values)
        {
            var copy = memory.Allocate(term.Start.Length);
            values.Span.CopyTo(new Span<float>(copy, term.Start.Length));
            return (nint)copy;
        }
    }
}

/// <summary>What is added to a gradient on its way. There are two, so that who adds nothing does not pay for the other.</summary>
internal interface ITerm<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    /// <param name="gradient">The gradients.</param>
    /// <param name="parameter">The parameters.</param>
    /// <param name="at">The index of the first.</param>
    TLanes AddTo(TLanes gradient, TLanes parameter, nint at);
}

/// <summary>Nothing.</summary>
internal readonly struct NoTerm<TLanes> : ITerm<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    public TLanes AddTo(TLanes gradient, TLanes parameter, nint at) => gradient;
}

/// <summary>μ (x − x₀) + offset.</summary>
internal readonly unsafe struct AddedTerm<TLanes>(TermMemory memory) : ITerm<TLanes>
    where TLanes : struct, ILanes<TLanes>
{
    private readonly TLanes proximal = TLanes.Broadcast(memory.Proximal);
    private readonly float* start = (float*)memory.Start;
    private readonly float* offset = (float*)memory.Offset;

    public TLanes AddTo(TLanes gradient, TLanes parameter, nint at) =>
        TLanes.MultiplyAdd(proximal, parameter - TLanes.Load(start + at), gradient + TLanes.Load(offset + at));
}
