namespace FlDurable.Shared.Randomness;

/// <content>What is drawn from other distributions than the uniform one, with <see cref="PortableMath"/>: the same bits everywhere.</content>
public sealed partial class RandomStream
{
    /// <summary>Normal with mean 0 and variance 1.</summary>
    public double NextNormal() => NumberStreams.NextNormal(this);

    /// <summary>Shares of a whole: Dirichlet with one concentration for all.</summary>
    /// <param name="concentration">α, positive. Small: most of the whole falls to a few. Large: all get about the same.</param>
    /// <param name="shares">Where they go. Their sum is 1 up to rounding.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="concentration"/> is not positive.</exception>
    public void NextDirichlet(double concentration, Span<double> shares)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(concentration);
        foreach (ref var share in shares)
            share = NextLogOfGamma(concentration);

        // By logarithms, since a small α's gamma variates are too small for a double, all of them.
        var largest = double.NegativeInfinity;
        foreach (var share in shares)
            largest = Math.Max(largest, share);
        var sum = 0.0;
        foreach (ref var share in shares)
        {
            share = PortableMath.Exp(share - largest);
            sum += share;
        }

        foreach (ref var share in shares)
            share /= sum;
    }

    /// <summary>The logarithm of a gamma variate with scale 1 (Marsaglia and Tsang, "A simple method for generating gamma variables", 2000).</summary>
    private double NextLogOfGamma(double shape)
    {
        if (shape < 1)
            return NextLogOfGamma(shape + 1) + PortableMath.Log(NextPositive()) / shape;
        var d = shape - 1.0 / 3;
        var c = 1 / Math.Sqrt(9 * d);
        while (true)
        {
            var x = NextNormal();
            var root = 1 + c * x;
            if (root <= 0)
                continue;
            var v = root * root * root;
            if (PortableMath.Log(NextPositive()) < 0.5 * x * x + d - d * v + d * PortableMath.Log(v))
                return PortableMath.Log(d) + PortableMath.Log(v);
        }
    }

    /// <summary>Uniform in (0, 1].</summary>
    private double NextPositive() => 1 - NextDouble();
}
