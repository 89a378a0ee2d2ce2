namespace FlDurable.LanesEngine;

/// <summary>The natural logarithm by the same arithmetic on every machine.</summary>
internal static class Logarithm
{
    private const int Terms = 11;

    // ln 2 in two parts, the first with 21 trailing zero bits, so that a whole number up to 2^21 times it is exact.
    private const double Ln2High = 0.6931471803691238;
    private const double Ln2Low = 1.9082149292705877e-10;

    /// <summary>
    /// ln x of a finite x ≥ 1, within 3e-16 of it or relatively; NaN and infinity stay what they are. With x = 2^k·m and m from √½ to √2
    /// it is k·ln 2 + 2·artanh f, f = (m − 1)/(m + 1); the series of artanh is cut where its terms fall below 2e-17.
    /// </summary>
    public static double Of(double x)
    {
        if (!double.IsFinite(x))
            return x;
        var k = Math.ILogB(x);
        var m = Math.ScaleB(x, -k);
        if (m > 1.4142135623730951)
        {
            m /= 2;
            k++;
        }

        var f = (m - 1) / (m + 1);
        var square = f * f;
        var series = 0.0;
        for (var term = Terms; term > 0; term--)
            series = Math.FusedMultiplyAdd(series, square, 1.0 / (2 * term + 1));
        var artanh = Math.FusedMultiplyAdd(series * square, f, f);
        return Math.FusedMultiplyAdd(k, Ln2High, Math.FusedMultiplyAdd(k, Ln2Low, 2 * artanh));
    }
}
