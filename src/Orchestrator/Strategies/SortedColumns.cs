namespace FlDurable.Orchestrator.Strategies;

/// <summary>A number from what all updates have for one parameter, in ascending order.</summary>
internal delegate double ColumnRule(ReadOnlySpan<float> ascending);

/// <summary>What decides parameter by parameter, and so in one pass.</summary>
/// <param name="updates">How many updates there are.</param>
/// <param name="rule">What becomes of a parameter.</param>
internal sealed class SortedColumns(int updates, ColumnRule rule) : IBlockPasses
{
    private readonly float[] column = new float[updates];

    public void See(UpdateBlock block, Span<double> next)
    {
        for (var parameter = 0; parameter < block.Length; parameter++)
        {
            for (var update = 0; update < updates; update++)
                column[update] = block[update][parameter];
            column.AsSpan().Sort();
            next[parameter] = rule(column);
        }
    }

    public bool EndPass() => true;

    /// <summary>The value in the middle; of an even number of values the mean of the two.</summary>
    public static double Median(ReadOnlySpan<float> ascending)
    {
        var middle = ascending.Length / 2;
        return Positive(ascending.Length % 2 == 1 ? ascending[middle] : ((double)ascending[middle - 1] + ascending[middle]) / 2);
    }

    /// <summary>What is to be said of a median of so few values that one is as good as another.</summary>
    public static string? CautionOfMedian(int updates) => updates > 2 ? null : FormattableString.Invariant(
        $"a median of {updates} bears no hostile client: a single one can make of the parameters what it likes, or half of it");

    /// <summary>The mean.</summary>
    public static double Mean(ReadOnlySpan<float> values)
    {
        double sum = 0;
        foreach (var value in values)
            sum += value;
        return sum / values.Length;
    }

    /// <summary>Of zero and minus zero it is chance which comes first; added to zero both are one.</summary>
    private static double Positive(double value) => 0.0 + value;
}
