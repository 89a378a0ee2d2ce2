using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>e to a power, by the same arithmetic on every machine: no platform's libm has a say.</summary>
internal static class Exponential
{
    /// <summary>Below this e^x is nearly, or is, too small for a normal number, and counts as 0.</summary>
    private const float Smallest = -87f;

    private const float Log2OfE = 1.44269504f;

    // ln 2 in two parts: a multiple of the first with a whole number below 2^9 is exact (Cody and Waite 1980).
    private const float Ln2High = 0.693359375f;
    private const float Ln2Low = -2.12194440e-4f;

    // Adding and taking away 1.5·2^23 rounds to a whole number.
    private const float Rounder = 12582912f;

    /// <summary>
    /// e^x for x up to 0, within 2 units in the last place, and 0 below −87; NaN stays NaN. With x = n·ln 2 + r and |r| ≤ ln 2 / 2 it is
    /// 2^n times the Taylor polynomial of degree 7, whose remainder is below 6e-9.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TLanes OfNonPositive<TLanes>(TLanes x)
        where TLanes : struct, ILanes<TLanes>
    {
        var rounder = TLanes.Broadcast(Rounder);
        var n = TLanes.MultiplyAdd(x, TLanes.Broadcast(Log2OfE), rounder) - rounder;
        var r = TLanes.MultiplyAdd(n, TLanes.Broadcast(-Ln2High), x);
        r = TLanes.MultiplyAdd(n, TLanes.Broadcast(-Ln2Low), r);

        var one = TLanes.Broadcast(1f);
        var power = TLanes.Broadcast(1f / 5040);
        power = TLanes.MultiplyAdd(power, r, TLanes.Broadcast(1f / 720));
        power = TLanes.MultiplyAdd(power, r, TLanes.Broadcast(1f / 120));
        power = TLanes.MultiplyAdd(power, r, TLanes.Broadcast(1f / 24));
        power = TLanes.MultiplyAdd(power, r, TLanes.Broadcast(1f / 6));
        power = TLanes.MultiplyAdd(power, r, TLanes.Broadcast(1f / 2));
        power = TLanes.MultiplyAdd(power, r, one);
        power = TLanes.MultiplyAdd(power, r, one);

        var isTooSmall = TLanes.IsGreater(TLanes.Broadcast(Smallest), x);
        return TLanes.Select(isTooSmall, default, power * TLanes.PowerOfTwo(n));
    }
}
