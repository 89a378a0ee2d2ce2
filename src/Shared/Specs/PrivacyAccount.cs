using FlDurable.Shared.Privacy;

namespace FlDurable.Shared.Specs;

/// <summary>Rounds in which noise was added.</summary>
/// <param name="SamplingRate">With which each client was drawn.</param>
/// <param name="NoiseMultiplier">The noise's standard deviation, in what a client can change.</param>
/// <param name="Rounds">How many rounds.</param>
public sealed record PrivacySpending(double SamplingRate, double NoiseMultiplier, int Rounds);

/// <summary>What a federation's rounds spend of its clients' privacy.</summary>
public static class PrivacyAccount
{
    /// <summary>What a number of rounds of a spec spend; null where it asks for no privacy, or there are none.</summary>
    /// <remarks>
    /// At the server neighbours differ by one client that is there or not, and clients are drawn. At the client they differ in all that one
    /// client has, which can turn its update round, by two clips, and nothing is drawn that an update's reader does not know of.
    /// </remarks>
    public static PrivacySpending? Of(FederationSpec spec, int rounds) => spec.Privacy switch
    {
        null => null,
        _ when rounds == 0 => null,
        { IsAtServer: true } privacy => new PrivacySpending(spec.FractionFit, privacy.NoiseMultiplier, rounds),
        var privacy => new PrivacySpending(1, privacy.NoiseMultiplier / 2, rounds),
    };

    /// <summary>ε once a number of rounds is over.</summary>
    /// <param name="spec">A spec that asks for privacy.</param>
    /// <param name="before">What had been spent on the parameters that it starts from.</param>
    /// <param name="rounds">The rounds.</param>
    /// <returns>Infinite without noise; 0 before the first.</returns>
    public static double Epsilon(FederationSpec spec, IReadOnlyList<PrivacySpending>? before, int rounds)
    {
        var spent = Spent(before);
        if (Of(spec, rounds) is { } own)
            Add(spent, own);
        return RenyiAccountant.Epsilon(spent, spec.Privacy!.Delta).Epsilon;
    }

    private static double[] Spent(IReadOnlyList<PrivacySpending>? before)
    {
        var spent = new double[RenyiAccountant.Orders.Count];
        foreach (var spending in before ?? [])
            Add(spent, spending);
        return spent;
    }

    private static void Add(double[] spent, PrivacySpending spending)
    {
        var round = RenyiAccountant.OfRound(spending.SamplingRate, spending.NoiseMultiplier);
        for (var order = 0; order < spent.Length; order++)
            spent[order] += spending.Rounds * round[order];
    }
}
