using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>The rectifier on one vector.</summary>
internal static class Relu
{
    /// <summary>max(value, 0); NaN stays NaN, so that a diverged training shows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Of<TLanes>(TLanes value)
        where TLanes : struct, ILanes<TLanes> =>
        TLanes.Select(TLanes.IsGreater(default, value), default, value);

    /// <summary>The gradient where the rectifier's output is positive, else 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes Gradient<TLanes>(TLanes output, TLanes gradient)
        where TLanes : struct, ILanes<TLanes> =>
        TLanes.Select(TLanes.IsGreater(output, default), gradient, default);
}
