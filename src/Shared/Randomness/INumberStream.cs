namespace FlDurable.Shared.Randomness;

/// <summary>A stream of random numbers.</summary>
public interface INumberStream
{
    /// <summary>Uniform in [0, 1), a multiple of 2^-53.</summary>
    double NextDouble();
}

/// <summary>What is drawn of any stream.</summary>
internal static class NumberStreams
{
    /// <summary>Normal with mean 0 and variance 1 (Marsaglia and Bray's polar method, 1964).</summary>
    public static double NextNormal(this INumberStream stream)
    {
        while (true)
        {
            var x = 2 * stream.NextDouble() - 1;
            var y = 2 * stream.NextDouble() - 1;
            var square = x * x + y * y;
            if (square is > 0 and < 1)
                return x * Math.Sqrt(-2 * PortableMath.Log(square) / square);
        }
    }
}
