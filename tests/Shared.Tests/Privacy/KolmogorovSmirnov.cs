namespace FlDurable.Shared.Tests.Privacy;

/// <summary>Whether numbers are from a normal distribution (Kolmogorov 1933).</summary>
internal static class KolmogorovSmirnov
{
    /// <summary>A distance that one of a thousand such samples exceeds.</summary>
    public static double Limit(int count) => 1.95 / Math.Sqrt(count);

    /// <summary>The largest distance between the numbers' distribution and N(0, σ²).</summary>
    public static double Distance(double[] ascending, double sigma)
    {
        double largest = 0;
        for (var index = 0; index < ascending.Length; index++)
        {
            var expected = Normal(ascending[index] / sigma);
            largest = Math.Max(largest, Math.Max(expected - ((double)index / ascending.Length), ((index + 1.0) / ascending.Length) - expected));
        }

        return largest;
    }

    /// <summary>Φ, by Taylor's series of its integral.</summary>
    private static double Normal(double x)
    {
        if (Math.Abs(x) > 6)
            return x > 0 ? 1 : 0;
        double term = x, sum = x;
        for (var power = 3; power < 200; power += 2)
        {
            term *= x * x / power;
            sum += term;
        }

        return 0.5 + (sum * Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI));
    }
}
