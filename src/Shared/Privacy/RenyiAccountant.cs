using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Privacy;

/// <summary>
/// What Gaussian noise on sums over Poisson-sampled clients has spent of their privacy: Rényi divergences, which add up over rounds (Mironov,
/// Talwar and Zhang, "Rényi Differential Privacy of the Sampled Gaussian Mechanism", 2019), and the ε that follows from them for a δ (Canonne,
/// Kamath and Steinke, "The Discrete Gaussian for Differential Privacy", NeurIPS 2020, Proposition 12). Neighbours differ by one client that
/// is there or not.
/// </summary>
public static class RenyiAccountant
{
    /// <summary>Below it sampling is taken to help nothing: the integral would need more points than such an ε is worth.</summary>
    private const double LeastSampledMultiplier = 0.1;

    /// <summary>What is so many standard deviations away is below the last place.</summary>
    private const double Tail = 14;

    /// <summary>e to more is nearly more than a double holds.</summary>
    private const double MostExponent = 600;

    /// <summary>ln A below it is found by A − 1, which has more digits.</summary>
    private const double Small = 0.5;

    /// <summary>The orders: those that published figures are the least over, 11 not among them.</summary>
    public static IReadOnlyList<double> Orders { get; } =
        [.. Enumerable.Range(11, 99).Select(tenth => tenth / 10.0), .. Enumerable.Range(12, 52).Select(order => (double)order)];

    /// <summary>The divergence of one round at each of the <see cref="Orders"/>.</summary>
    /// <param name="samplingRate">q, with which each client is drawn, 0 to 1.</param>
    /// <param name="noiseMultiplier">z, the noise's standard deviation in clips; 0 is no noise, and infinite.</param>
    public static IReadOnlyList<double> OfRound(double samplingRate, double noiseMultiplier) =>
        [.. Orders.Select(order => OfRound(samplingRate, noiseMultiplier, order))];

    /// <summary>ε for a δ.</summary>
    /// <param name="divergences">At each of the <see cref="Orders"/>, added up over rounds.</param>
    /// <param name="delta">δ.</param>
    /// <returns>0 where nothing is spent: by definition, the formula has a floor.</returns>
    public static (double Epsilon, double Order) Epsilon(IReadOnlyList<double> divergences, double delta)
    {
        var least = (Epsilon: double.PositiveInfinity, Order: double.NaN);
        if (divergences.All(divergence => divergence == 0))
            return (0, Orders[^1]);
        foreach (var (order, divergence) in Orders.Zip(divergences))
        {
            var epsilon = divergence - ((PortableMath.Log(delta) + PortableMath.Log(order)) / (order - 1)) + PortableMath.Log((order - 1) / order);
            if (epsilon < least.Epsilon)
                least = (epsilon, order);
        }

        return (Math.Max(least.Epsilon, 0), least.Order);
    }

    /// <summary>The divergence of one round at one order α.</summary>
    internal static double OfRound(double q, double z, double order)
    {
        if (q == 0)
            return 0;
        if (z == 0)
            return double.PositiveInfinity;
        return q == 1 || z < LeastSampledMultiplier ? order / (2 * z * z) : LogMoment(q, z, order) / (order - 1);
    }

    /// <summary>
    /// ln A with A the mean of ((1 − q) + q e^u)^α over x from N(0, z²), u = (2x − 1) / 2z². The trapezoidal rule has all digits: the integrand is
    /// analytic up to π z² from the real line, and its tails are those of two normal densities, about 0 and α.
    /// </summary>
    private static double LogMoment(double q, double z, double order)
    {
        var step = Math.Min(z / 3, z * z / 2);
        var (first, last) = ((long)Math.Floor(-Tail * z / step), (long)Math.Ceiling((order + (Tail * z)) / step));
        var scale = PortableMath.Log(step / (z * Math.Sqrt(2 * Math.PI)));
        var largest = double.NegativeInfinity;
        for (var point = first; point <= last; point++)
            largest = Math.Max(largest, LogIntegrand(point * step));
        double sum = 0;
        for (var point = first; point <= last; point++)
            sum += PortableMath.Exp(LogIntegrand(point * step) - largest);
        var log = scale + largest + PortableMath.Log(sum);
        if (log > Small)
            return log;

        // A − 1: the mean of e^u − 1 is 0, so that α q (e^u − 1) can be taken off, and what is left is nowhere negative.
        sum = 0;
        for (var point = first; point <= last; point++)
        {
            var x = point * step;
            if (Exponent(x) > MostExponent || order * LogRatio(x) > MostExponent)
            {
                sum += PortableMath.Exp(scale + LogIntegrand(x)); // beside which the rest is nothing
                continue;
            }

            var change = q * ExpMinus1(Exponent(x));
            sum += PortableMath.Exp(scale - (x * x / (2 * z * z))) * (ExpMinus1(order * LogOf1Plus(change)) - (order * change));
        }

        return LogOf1Plus(Math.Max(sum, 0));

        double Exponent(double x) => ((2 * x) - 1) / (2 * z * z);

        double LogRatio(double x) => Exponent(x) is <= 0 and var u
            ? LogOf1Plus(q * ExpMinus1(u))
            : Exponent(x) + PortableMath.Log(q + ((1 - q) * PortableMath.Exp(-Exponent(x))));

        double LogIntegrand(double x) => (order * LogRatio(x)) - (x * x / (2 * z * z));
    }

    /// <summary>ln (1 + x), also of a small x (Kahan).</summary>
    private static double LogOf1Plus(double x)
    {
        var sum = 1 + x;
        return sum == 1 ? x : PortableMath.Log(sum) * x / (sum - 1);
    }

    /// <summary>e^x − 1, also of a small x (Kahan).</summary>
    private static double ExpMinus1(double x)
    {
        var power = PortableMath.Exp(x);
        if (power == 1)
            return x;
        return power - 1 == -1 ? -1 : (power - 1) * x / PortableMath.Log(power);
    }
}
