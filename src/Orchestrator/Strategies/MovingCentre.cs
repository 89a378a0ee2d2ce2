namespace FlDurable.Orchestrator.Strategies;

/// <summary>Each update's part in moving the centre, from how far it is from it.</summary>
internal delegate void CentreRule(ReadOnlySpan<double> distances, Span<double> parts);

/// <summary>
/// A centre of the clients' changes u_k = w_k − x that moves step by step: c ← c + Σ part_k (u_k − c), with parts that follow from the
/// distances |u_k − c|. A step is a pass, in which the distances for the next one are measured.
/// </summary>
/// <param name="round">The round.</param>
/// <param name="centre">Where it starts; becomes where it ends.</param>
/// <param name="steps">The most steps.</param>
/// <param name="settled">A step that is shorter than this times the centre's own length is the last.</param>
/// <param name="rule">The updates' parts.</param>
/// <param name="keep">Is given the centre in the end.</param>
internal sealed class MovingCentre(BlockRound round, double[] centre, int steps, double settled, CentreRule rule, Action<double[]> keep) : IBlockPasses
{
    private readonly double[] squares = new double[round.Updates];
    private readonly double[] parts = new double[round.Updates];
    private int stepsTaken = -1; // a pass before the first measures
    private double moved;
    private double length;

    public void See(UpdateBlock block, Span<double> next)
    {
        var at = centre.AsSpan(block.First, block.Length);
        if (stepsTaken >= 0)
            Move(block, at, next);
        for (var update = 0; update < round.Updates; update++)
            squares[update] += SquaredDistance(block, update, at);
    }

    public bool EndPass()
    {
        var isLast = stepsTaken + 1 >= steps || (stepsTaken >= 0 && Math.Sqrt(moved) <= settled * Math.Sqrt(length));
        if (stepsTaken++ >= 0 && isLast)
        {
            keep(centre);
            return true;
        }

        for (var update = 0; update < squares.Length; update++)
            squares[update] = Math.Sqrt(squares[update]);
        rule(squares, parts);
        Array.Clear(squares);
        (moved, length) = (0, 0);
        return false;
    }

    private void Move(UpdateBlock block, Span<double> at, Span<double> next)
    {
        next.Clear();
        for (var update = 0; update < round.Updates; update++)
        {
            var values = block[update];
            for (var index = 0; index < at.Length; index++)
                next[index] += parts[update] * ((double)values[index] - block.Global[index] - at[index]);
        }

        for (var index = 0; index < at.Length; index++)
        {
            moved += next[index] * next[index];
            at[index] += next[index];
            length += at[index] * at[index];
            next[index] = block.Global[index] + at[index];
        }
    }

    private static double SquaredDistance(UpdateBlock block, int update, ReadOnlySpan<double> at)
    {
        var values = block[update];
        double sum = 0;
        for (var index = 0; index < at.Length; index++)
        {
            var difference = (double)values[index] - block.Global[index] - at[index];
            sum += difference * difference;
        }

        return sum;
    }
}
