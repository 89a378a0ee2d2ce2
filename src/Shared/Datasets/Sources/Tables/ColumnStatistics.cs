namespace FlDurable.Shared.Datasets.Sources.Tables;

/// <summary>Means and deviations of columns, row by row (Welford 1962) and of several files together (Chan et al. 1979). A value that is missing counts for nothing.</summary>
/// <param name="columns">How many columns.</param>
internal sealed class ColumnStatistics(int columns)
{
    private readonly long[] counts = new long[columns];
    private readonly double[] means = new double[columns];
    private readonly double[] squares = new double[columns];

    /// <summary>Counts a row in.</summary>
    public void Add(ReadOnlySpan<double> row)
    {
        for (var column = 0; column < row.Length; column++)
        {
            var value = row[column];
            if (double.IsNaN(value))
                continue;
            var distance = value - means[column];
            means[column] += distance / ++counts[column];
            squares[column] += distance * (value - means[column]);
        }
    }

    /// <summary>Counts what others have counted in.</summary>
    public void Add(ColumnStatistics others)
    {
        for (var column = 0; column < means.Length; column++)
        {
            var (own, other) = (counts[column], others.counts[column]);
            if (other == 0)
                continue;
            var distance = others.means[column] - means[column];
            counts[column] = own + other;
            means[column] += distance * ((double)other / counts[column]);
            squares[column] += others.squares[column] + (distance * distance * ((double)own * other / counts[column]));
        }
    }

    /// <summary>A column's.</summary>
    /// <param name="column">Which.</param>
    /// <param name="name">Its name.</param>
    /// <returns>Null where it has no value at all, or such as are too large for it.</returns>
    public TableColumn? Of(int column, string name)
    {
        var deviation = Math.Sqrt(squares[column] / counts[column]);
        return counts[column] > 0 && double.IsFinite(means[column]) && double.IsFinite(deviation) ? new TableColumn(name, means[column], deviation) : null;
    }
}
