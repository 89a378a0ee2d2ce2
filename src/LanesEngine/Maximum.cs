using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>The largest of several values, lane by lane, and which one it was.</summary>
internal static class Maximum
{
    /// <summary>
    /// Meets one more. The first of equal ones stays, and NaN once it was met, so that a diverged training shows.
    /// </summary>
    /// <param name="value">The value.</param>
    /// <param name="place">Its place.</param>
    /// <param name="largest">The largest so far.</param>
    /// <param name="winner">Its place.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Meet<TLanes>(TLanes value, int place, ref TLanes largest, ref TLanes winner)
        where TLanes : struct, ILanes<TLanes>
    {
        var wins = TLanes.IsGreaterOrNaN(value, largest);
        largest = TLanes.Select(wins, value, largest);
        winner = TLanes.Select(wins, TLanes.Broadcast(place), winner);
    }
}
