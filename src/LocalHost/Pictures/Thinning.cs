namespace FlDurable.LocalHost.Pictures;

/// <summary>
/// Makes of a curve of many points one of few that looks the same: of each stretch it keeps the least and the greatest value, where they are, so that a
/// spike of one round stays to be seen.
/// </summary>
internal static class Thinning
{
    /// <summary>So many points of a curve are drawn: more than there are columns of pixels for.</summary>
    public const int Most = 500;

    /// <summary>The curve itself where it has no more points than <paramref name="most"/>, else one of at most so many, with its first point and its last.</summary>
    public static IReadOnlyList<CurvePoint> Thin(IReadOnlyList<CurvePoint> points, int most = Most)
    {
        if (points.Count <= most)
            return points;
        var stretches = (most - 2) / 2;
        var inner = points.Count - 2;
        var kept = new List<CurvePoint>(most) { points[0] };
        for (var stretch = 0; stretch < stretches; stretch++)
        {
            var (first, end) = (1 + (int)((long)inner * stretch / stretches), 1 + (int)((long)inner * (stretch + 1) / stretches));
            var (least, greatest) = (first, first);
            for (var at = first; at < end; at++)
            {
                // Comparisons with what is not a number are false: the first number takes its place.
                if (points[at].Y < points[least].Y || !double.IsFinite(points[least].Y))
                    least = at;
                if (points[at].Y > points[greatest].Y && double.IsFinite(points[at].Y) || !double.IsFinite(points[greatest].Y))
                    greatest = at;
            }

            kept.Add(points[Math.Min(least, greatest)]);
            if (least != greatest)
                kept.Add(points[Math.Max(least, greatest)]);
        }

        kept.Add(points[^1]);
        return kept;
    }
}
