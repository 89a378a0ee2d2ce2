namespace FlDurable.Shared.Attacks;

/// <summary>What somebody knows who sees the honest clients' changes w − x: for each parameter their mean and deviation, and the first one's change.</summary>
/// <param name="parameters">How many parameters there are.</param>
public sealed class HonestChanges(int parameters)
{
    private readonly double[] mean = new double[parameters];
    private readonly double[] squares = new double[parameters]; // Σ (u − mean)²
    private double[]? first;

    /// <summary>How many clients.</summary>
    public int Count { get; private set; }

    /// <summary>Their mean; zeros without any.</summary>
    public ReadOnlySpan<double> Mean => mean;

    /// <summary>The first client's change; empty without any.</summary>
    public ReadOnlySpan<double> First => first;

    /// <summary>The standard deviation of a parameter's change, with n − 1 in the denominator; 0 with fewer than two clients.</summary>
    public double Deviation(int parameter) => Count < 2 ? 0 : Math.Sqrt(squares[parameter] / (Count - 1));

    /// <summary>Adds a client's change, by Welford's steps: sums of squares would cancel.</summary>
    public void Add(ReadOnlySpan<double> change)
    {
        Count++;
        first ??= change.ToArray();
        for (var index = 0; index < mean.Length; index++)
        {
            var before = change[index] - mean[index];
            mean[index] += before / Count;
            squares[index] += before * (change[index] - mean[index]);
        }
    }
}
