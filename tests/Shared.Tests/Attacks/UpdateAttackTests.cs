using CsCheck;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Tests.Attacks;

/// <summary>What hostile clients send in place of their changes. The figures are worked by hand, but for those of four parameters of five clients, which byzfl 0.0.11 agrees with.</summary>
public sealed class UpdateAttackTests
{
    private static readonly double[][] Honest =
    [
        [-0.046142578125, -0.146240234375, -0.15283203125, 0.040283203125],
        [-0.154052734375, 0.00341796875, -0.026123046875, 0.054931640625],
        [-0.10595703125, -0.005615234375, 0.054931640625, 0.0458984375],
        [-0.1015625, -0.097412109375, -0.152587890625, 0.199462890625],
        [-0.1103515625, -0.10205078125, -0.121826171875, 0.15087890625],
    ];

    [Fact]
    public void A_flipped_sign_is_each_ones_own_change_the_other_way_so_many_times() =>
        Assert.Equal([0.46142578125, 1.46240234375, 1.5283203125, -0.40283203125], Send("""{"name":"signflip","factor":10}""", Honest[0]));

    [Fact]
    public void A_manipulated_inner_product_is_the_honest_mean_the_other_way() =>
        AssertClose([0.2072265625, 0.13916015625, 0.159375, -0.19658203125], Send("""{"name":"ipm","tau":2}"""));

    [Fact]
    public void A_little_is_so_many_deviations_from_the_honest_mean() => AssertClose(
        [-0.04599432220596214, 0.02856957721144432, 0.05744507422171419, 0.20695345922003694], Send("""{"name":"alie","tau":1.5}"""));

    [Fact]
    public void A_mimic_sends_what_the_first_honest_client_does() => Assert.Equal(Honest[0], Send("mimic"));

    [Fact]
    public void A_backdoor_sends_its_own_change_so_many_times() =>
        Assert.Equal([-0.09228515625, -0.29248046875, -0.3056640625, 0.08056640625], Send("""{"name":"backdoor","factor":2}""", Honest[0]));

    [Fact]
    public void One_honest_client_has_no_deviation()
    {
        var others = new HonestChanges(2);
        others.Add([3, 4]);

        Assert.Equal((0.0, 0.0), (others.Deviation(0), others.Deviation(1)));
        Assert.Equal([3, 4], others.Mean.ToArray());
    }

    /// <summary>4 σ of what 200,000 draws come to.</summary>
    [Fact]
    public void Gaussian_numbers_have_their_mean_and_deviation_and_are_others_for_each_client_and_round()
    {
        const int draws = 200_000;
        var sent = Send("""{"name":"gaussian","sigma":2}""", new double[draws]);

        Assert.InRange(sent.Average(), -4 * 2 / Math.Sqrt(draws), 4 * 2 / Math.Sqrt(draws));
        Assert.InRange(sent.Sum(value => value * value) / draws, 4 * (1 - (4 * Math.Sqrt(2.0 / draws))), 4 * (1 + (4 * Math.Sqrt(2.0 / draws))));
        Assert.Equal(sent, Send("""{"name":"gaussian","sigma":2}""", new double[draws]));
        Assert.NotEqual(sent, Send("""{"name":"gaussian","sigma":2}""", new double[draws], client: 1));
        Assert.NotEqual(sent, Send("""{"name":"gaussian","sigma":2}""", new double[draws], round: 2));
    }

    [Fact]
    public void Mean_and_deviation_are_those_of_the_definition() =>
        Gen.Double[-1e3, 1e3].Array[1].Array[2, 20].Sample(changes =>
        {
            var others = new HonestChanges(1);
            foreach (var change in changes)
                others.Add(change);
            var mean = changes.Average(change => change[0]);
            var deviation = Math.Sqrt(changes.Sum(change => (change[0] - mean) * (change[0] - mean)) / (changes.Length - 1));
            Assert.Equal(mean, others.Mean[0], 1e-9);
            Assert.Equal(deviation, others.Deviation(0), 1e-9);
        });

    private static double[] Send(string attack, double[]? change = null, int client = 0, int round = 1)
    {
        var others = new HonestChanges(Honest[0].Length);
        foreach (var one in Honest)
            others.Add(one);
        var sent = change is null ? new double[Honest[0].Length] : [.. change];
        new AttackRegistry().Find(AttackedSpec.Of(attack))!.Send(sent, others, new RandomStream(42, RandomPurpose.Attack, round, client));
        return sent;
    }

    private static void AssertClose(double[] expected, double[] actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, 1e-15));
}
