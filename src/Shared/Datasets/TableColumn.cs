namespace FlDurable.Shared.Datasets;

/// <summary>
/// A column of numbers that examples have been standardised by: a value stands in them as (value − mean) / deviation, or as 0 where the column has one
/// value only.
/// </summary>
/// <param name="Name">The column's name; its number from 1 in a table without names.</param>
/// <param name="Mean">The mean of the rows to train on.</param>
/// <param name="Deviation">Their standard deviation, that of a whole population (divided by n).</param>
public sealed record TableColumn(string Name, double Mean, double Deviation)
{
    /// <summary>A value as examples have it.</summary>
    public float Standardize(double value) => Deviation == 0 ? 0 : (float)((value - Mean) / Deviation);
}
