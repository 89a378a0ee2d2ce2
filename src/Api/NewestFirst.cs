using System.Globalization;
using FlDurable.Shared.Storage;

namespace FlDurable.Api;

/// <summary>
/// The newest of many federations, in order. No engine keeps one by time (Durable Task's back ends have none at all), so all are looked at, of
/// which a page is held.
/// </summary>
/// <param name="size">How many at most.</param>
/// <param name="after">The last of the page before; null for the first page.</param>
internal sealed class NewestFirst(int size, NewestFirst.Place? after)
{
    private readonly PriorityQueue<FederationSummary, Place> newest = new();

    /// <summary>Where a federation stands: by time, and of those of one time by id.</summary>
    internal sealed record Place(DateTimeOffset CreatedAt, string Id) : IComparable<Place>
    {
        /// <summary>As a continuation token.</summary>
        public string Token => string.Create(CultureInfo.InvariantCulture, $"{CreatedAt.UtcTicks}-{Id}");

        /// <summary>Reads a continuation token; null if it is none.</summary>
        public static Place? Of(string token) =>
            token.IndexOf('-', StringComparison.Ordinal) is > 0 and var end
            && long.TryParse(token[..end], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks)
            && ticks <= DateTimeOffset.MaxValue.UtcTicks
            && new Place(new DateTimeOffset(ticks, TimeSpan.Zero), token[(end + 1)..]) is var place
            && place.Token == token && ArtifactNames.IsId(place.Id)
                ? place
                : null;

        public int CompareTo(Place? other) => other is null ? 1
            : CreatedAt != other.CreatedAt ? CreatedAt.CompareTo(other.CreatedAt)
            : string.CompareOrdinal(Id, other.Id);
    }

    /// <summary>Looks at one more.</summary>
    public void See(FederationSummary federation)
    {
        var place = PlaceOf(federation);
        if (after is not null && place.CompareTo(after) >= 0)
            return;
        newest.Enqueue(federation, place);
        if (newest.Count > size + 1) // one more than a page tells that there is a next one
            newest.Dequeue();
    }

    /// <summary>The page.</summary>
    public FederationList Page()
    {
        var all = new Stack<FederationSummary>();
        while (newest.TryDequeue(out var oldest, out _))
            all.Push(oldest);
        var page = all.Take(size).ToList();
        return new FederationList(page, all.Count > size ? PlaceOf(page[^1]).Token : null);
    }

    private static Place PlaceOf(FederationSummary federation) => new(federation.CreatedAt, federation.Id);
}
