using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>
/// The largest of the values that were met, lane by lane, and the place of the first that was. Once one was NaN it stays so, so that a
/// diverged training shows.
/// </summary>
internal struct Maximum<TLanes>(TLanes first)
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>The value.</summary>
    public TLanes Value = first;

    /// <summary>Its place; the first value's is 0.</summary>
    public TLanes Place;

    /// <summary>Meets one more.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Meet(TLanes value, int place)
    {
        var wins = TLanes.IsGreater(value, Value) | TLanes.IsNaN(value);
        Value = TLanes.Select(wins, value, Value);
        Place = TLanes.Select(wins, TLanes.Broadcast(place), Place);
    }
}
