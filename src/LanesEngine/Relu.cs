using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>The rectifier on vectors.</summary>
internal static unsafe class Relu
{
    /// <summary>max(value, 0); NaN stays NaN, so that a diverged training shows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes value)
        where TLanes : struct, ILanes<TLanes> =>
        TLanes.AtLeast(value, default);

    /// <summary>The gradient where the rectifier's output is positive, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Gradient<TLanes>(TLanes output, TLanes gradient)
        where TLanes : struct, ILanes<TLanes> =>
        TLanes.Select(TLanes.IsGreater(output, default), gradient, default);

    /// <summary>Makes gradients of rectified values those of the values before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MaskGradients<TLanes>(in Activations output, int groups)
        where TLanes : struct, ILanes<TLanes>
    {
        for (nint at = 0; at < groups * output.GroupLength; at += TLanes.Count)
            Gradient(TLanes.Load(output.Values + at), TLanes.Load(output.Gradients + at)).Store(output.Gradients + at);
    }
}
