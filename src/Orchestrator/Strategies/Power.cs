namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Powers of positive numbers, of sums, products and quotients alone: every platform's pow has last bits of its own, and the parameters
/// after a round are to be the same on all. Within 1e-13 of the true power where that is between 1e-300 and 1e300.
/// </summary>
internal static class Power
{
    // ln 2 in two parts: the first ends in zeros, so that its product with a whole number is exact.
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;

    private const int LogarithmTerms = 10;
    private const int ExponentialTerms = 20;

    /// <summary>e to this, or to less than its opposite, is beyond all doubles.</summary>
    private const double MostExponent = 800;

    /// <summary>x^p for a finite x above 0 and a finite p: infinite or 0 where a double can't hold it.</summary>
    public static double Of(double x, double p) => p switch
    {
        0 => 1,
        1 => x,
        _ => Exponential(p * Logarithm(x)),
    };

    /// <summary>e^x for a finite x: infinite or 0 where a double can't hold it.</summary>
    public static double Exp(double x) => Exponential(x);

    /// <summary>The natural logarithm of a finite x above 0. With x = 2^k · m and m about 1: k ln 2 + ln m, the latter as 2 (s + s³/3 + s⁵/5 + …) with s = (m − 1) / (m + 1).</summary>
    public static double Logarithm(double x)
    {
        var exponent = Math.ILogB(x);
        var mantissa = Math.ScaleB(x, -exponent);
        if (mantissa > 4.0 / 3)
            (mantissa, exponent) = (mantissa / 2, exponent + 1);
        var s = (mantissa - 1) / (mantissa + 1);
        double square = s * s, series = 0;
        for (var term = LogarithmTerms; term >= 1; term--)
            series = square * (series + (1.0 / ((2 * term) + 1)));
        return (exponent * Ln2High) + ((2 * s * (1 + series)) + (exponent * Ln2Low));
    }

    /// <summary>2^k · e^r with r within half of ln 2, the latter as 1 + r (1 + r/2 (1 + r/3 (…))).</summary>
    private static double Exponential(double x)
    {
        x = Math.Clamp(x, -MostExponent, MostExponent);
        var exponent = Math.Round(x / Ln2High);
        var rest = x - (exponent * Ln2High) - (exponent * Ln2Low);
        double series = 1;
        for (var term = ExponentialTerms; term >= 1; term--)
            series = 1 + (rest / term * series);
        return Math.ScaleB(series, (int)exponent);
    }
}
