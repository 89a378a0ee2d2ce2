namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Krum's score of an update: the sum of its smallest squared distances to others, of as many as are certainly not hostile if the update is
/// not. The lower, the more it is among its like.
/// </summary>
/// <param name="distances">The squared distances.</param>
/// <param name="updates">How many updates there are.</param>
/// <param name="hostile">f, how many of them may be hostile.</param>
internal sealed class KrumScores(PairwiseDistances distances, int updates, int hostile)
{
    /// <summary>The updates with the lowest scores, lowest first; of equal ones the earlier.</summary>
    public int[] Lowest(int count)
    {
        var others = new double[updates - 1];
        var scores = new double[updates];
        for (var update = 0; update < updates; update++)
        {
            var at = 0;
            for (var other = 0; other < updates; other++)
            {
                if (other != update)
                    others[at++] = distances[update, other];
            }

            Array.Sort(others);
            scores[update] = Sum(others, Neighbours(updates));
        }

        return [.. Enumerable.Range(0, updates).OrderBy(update => scores[update]).Take(count)];
    }

    /// <summary>The updates that are chosen one at a time, each anew among those that are left: as Bulyan does.</summary>
    public int[] OneAtATime(int count)
    {
        var nearest = Enumerable.Range(0, updates).Select(Nearest).ToArray();
        var left = Enumerable.Repeat(true, updates).ToArray();
        var chosen = new int[count];
        for (var turn = 0; turn < count; turn++)
        {
            var neighbours = Neighbours(updates - turn);
            var (best, lowest) = (-1, double.PositiveInfinity);
            for (var update = 0; update < updates; update++)
            {
                if (left[update] && Score(update, nearest[update], left, neighbours) is var score && (best < 0 || score < lowest))
                    (best, lowest) = (update, score);
            }

            chosen[turn] = best;
            left[best] = false;
        }

        return chosen;
    }

    private int Neighbours(int left) => Math.Max(1, left - hostile - 2);

    private int[] Nearest(int update) =>
        [.. Enumerable.Range(0, updates).Where(other => other != update).OrderBy(other => distances[update, other])];

    private double Score(int update, int[] nearest, bool[] left, int neighbours)
    {
        double sum = 0;
        foreach (var other in nearest)
        {
            if (!left[other])
                continue;
            sum += distances[update, other];
            if (--neighbours == 0)
                break;
        }

        return sum;
    }

    private static double Sum(double[] ascending, int count)
    {
        double sum = 0;
        for (var index = 0; index < Math.Min(count, ascending.Length); index++)
            sum += ascending[index];
        return sum;
    }
}
