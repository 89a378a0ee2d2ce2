namespace FlDurable.Shared.Randomness;

/// <summary>
/// Logarithm, exponential and cosine from additions, multiplications and divisions alone, which IEEE 754 rounds in one way everywhere.
/// <see cref="Math.Log(double)"/> and <see cref="Math.Exp(double)"/> are the platform's, and their last bit differs from one to the other.
/// </summary>
public static class PortableMath
{
    // ln 2 in two parts: multiples of the first by any exponent of a double are exact.
    private const double Ln2High = 0.693147180369123816490;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const int MantissaBits = 52;
    private const int Bias = 1023;

    /// <summary>The natural logarithm, to three units in the last place.</summary>
    /// <param name="value">Positive, normal and finite.</param>
    public static double Log(double value)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(value);
        var bits = BitConverter.DoubleToInt64Bits(value);
        var exponent = (int)(bits >> MantissaBits) - Bias;
        var mantissa = BitConverter.Int64BitsToDouble((bits & ((1L << MantissaBits) - 1)) | ((long)Bias << MantissaBits));
        const double rootOfTwo = 1.4142135623730951;
        if (mantissa > rootOfTwo)
        {
            mantissa *= 0.5;
            exponent++;
        }

        // ln m = 2 artanh((m − 1) / (m + 1)), whose argument is at most 0.172: twelve terms are below the last place.
        var ratio = (mantissa - 1) / (mantissa + 1);
        var square = ratio * ratio;
        const int lastPower = 23;
        var series = 1.0 / lastPower;
        for (var power = lastPower - 2; power >= 1; power -= 2)
            series = series * square + 1.0 / power;
        return exponent * Ln2High + (exponent * Ln2Low + 2 * ratio * series);
    }

    /// <summary>e to a power, to about one unit in the last place; 0 where that is less than a double holds.</summary>
    /// <param name="power">At most 709.</param>
    public static double Exp(double power)
    {
        const double largest = 709;
        const double smallest = -745;
        ArgumentOutOfRangeException.ThrowIfGreaterThan(power, largest);
        if (power < smallest)
            return 0;
        var twos = (int)Math.Round(power / Ln2High);
        var rest = power - twos * Ln2High - twos * Ln2Low;

        // Taylor's series: the rest is at most 0.35, of which the fifteenth power over 15! is below the last place.
        const int lastTerm = 14;
        var series = 1.0;
        for (var term = lastTerm; term >= 1; term--)
            series = 1 + series * rest / term;
        return Math.ScaleB(series, twos);
    }

    /// <summary>The cosine of a multiple of π, to about one unit in the last place of 1.</summary>
    /// <param name="multiple">0 to 1.</param>
    public static double CosPi(double multiple)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(multiple);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(multiple, 1);
        if (multiple > 0.5)
            return -CosPi(1 - multiple);

        // Taylor's series: the angle is at most π/2, of which the 24th power over 24! is below the last place.
        const int lastPower = 22;
        var square = Math.PI * multiple * (Math.PI * multiple);
        var series = 1.0;
        for (var power = lastPower; power >= 2; power -= 2)
            series = 1 - (series * square / (power * (power - 1)));
        return series;
    }
}
