using CsCheck;
using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Privacy;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Tests.Strategies;

/// <summary>The mean of clipped updates, and the noise on it.</summary>
public sealed class PrivateMeanTests
{
    private const double Clip = 1;

    private static readonly byte[] Key = new byte[SecretStream.KeyLength];

    /// <summary>Five clients, of whom one sends the opposite of what the others do.</summary>
    private static readonly float[][] Opposed = [[-1, 0], [-1, 0], [-1, 0], [-1, 0], [1, 0]];

    [Fact]
    public void A_client_that_is_removed_moves_the_mean_by_the_clip_through_the_expected_number()
    {
        Assert.Equal([-0.6, 0], Mean(Opposed, expected: 5));
        Assert.Equal([-0.8, 0], Mean(Opposed[..4], expected: 5)); // not -1, as it were divided by those who are there
    }

    /// <summary>Whoever is drawn, whoever else fails, whatever the update: also a client's that isn't there.</summary>
    [Fact]
    public void Removing_any_client_moves_the_mean_by_no_more() => Gen
        .Select(Gen.Float[-3, 3].Array[2].Array[1, 20], Gen.Double[0.5, 30], Gen.Int[0, 19]).Sample((updates, expected, removed) =>
        {
            var without = updates.Where((_, index) => index != removed % updates.Length).ToArray();
            var (one, other) = (Mean(updates, expected), Mean(without, expected));
            var moved = Math.Sqrt(Math.Pow(one[0] - other[0], 2) + Math.Pow(one[1] - other[1], 2));
            Assert.True(moved <= (Clip / expected) + 1e-12, $"{moved} > {Clip / expected}");
        });

    [Fact]
    public void An_update_of_no_length_is_as_it_is() => Assert.Equal([0, 0], Mean([[0, 0]], expected: 2));

    [Fact]
    public void Examples_have_no_say() => Assert.Equal(
        Average(Private(5), [new(1, [1, 0]), new(1_000_000, [0, 1])]), Average(Private(5), [new(1_000_000, [1, 0]), new(1, [0, 1])]));

    [Fact]
    public void A_round_in_which_nobody_is_drawn_is_noise()
    {
        using var same = new SecretStream(Key, SecretPurpose.ServerNoise, 1);

        var next = Apply(Private(expected: 4, multiplier: 2), [0, 0], []);

        Assert.Equal([2 * Clip / 4 * same.NextNormal(), 2 * Clip / 4 * same.NextNormal()], next);
    }

    [Fact]
    public void The_noise_is_of_the_standard_deviation_that_is_said()
    {
        const int Parameters = 100_000;

        var numbers = Apply(Private(expected: 8, multiplier: 1.5), new float[Parameters], []);

        Array.Sort(numbers);
        Assert.True(Distance(numbers, 1.5 * Clip / 8) < 1.95 / Math.Sqrt(Parameters)); // one of a thousand such samples is farther (Kolmogorov and Smirnov)
        Assert.False(Distance(numbers, 1.05 * 1.5 * Clip / 8) < 1.95 / Math.Sqrt(Parameters));
    }

    [Fact]
    public void A_servers_step_is_taken_along_the_private_mean()
    {
        var average = new PrivateMean(new FedAvgM(rate: 0.5, momentum: 0.9), Options(0), expected: 2);

        Assert.Equal([0.25, 0], Apply(average, [0, 0], [[1, 0]]));
    }

    /// <summary>By hand and from the paper's formula: of ten expected, none, one, one and two are within the clip.</summary>
    [Fact]
    public void The_clip_follows_the_quantile_of_the_norms()
    {
        float[][] norms =
        [
            [0.2595f, 0.1028f, 0.4255f, 0.6262f, 0.8408f, 0.533f, 0.3342f, 0.2646f, 0.7246f, 0.9905f],
            [0.5818f, 0.1299f, 0.2124f, 0.98f, 0.5608f, 0.01953f, 0.4749f, 0.1511f, 0.3113f, 0.3535f],
            [0.2859f, 0.666f, 0.481f, 0.3232f, 0.6228f, 0.749f, 0.00708f, 0.4231f, 0.2058f, 0.448f],
        ];
        double[] expected = [0.11051709180756478, 0.11972173631218104, 0.1296930086665772];
        var adaptive = new PrivateMean(new FedAvg(), new PrivacyOptions(0, Clipping: PrivacyOptions.Adaptive), expected: 10);
        var layout = new ParameterLayout([("x", [1])]);
        byte[]? kept = null;
        for (var round = 0; round < norms.Length; round++)
        {
            adaptive = (PrivateMean)adaptive.Under(new ClientPlan { Clip = adaptive.NextClip(ServerState.Read(adaptive.State, layout, kept)) });
            var state = ServerState.Read(adaptive.State, layout, kept);
            Apply(adaptive, [0], [.. norms[round].Select(norm => new[] { norm })], state);
            kept = state.ToSafetensors();
            Assert.Equal(expected[round], adaptive.NextClip(ServerState.Read(adaptive.State, layout, kept))!.Value, 1e-12);
        }
    }

    /// <summary>The noise on the count is measured by a half: 1/z'² + 1/(2σ_b)² is 1/z² for no other.</summary>
    [Theory]
    [InlineData(0.01f)]
    [InlineData(100)]
    public void A_client_that_is_there_or_not_moves_the_count_by_a_half(float norm)
    {
        const double Expected = 10;
        var adaptive = new PrivateMean(new FedAvg(), new PrivacyOptions(0, Clipping: PrivacyOptions.Adaptive), Expected);
        var layout = new ParameterLayout([("x", [1])]);

        double Share(int clients)
        {
            var state = ServerState.Read(adaptive.State, layout, null);
            Apply(adaptive, [0], [.. Enumerable.Repeat(new[] { norm }, clients)], state);
            var next = adaptive.NextClip(ServerState.Read(adaptive.State, layout, state.ToSafetensors()))!.Value;
            return 0.5 - (Math.Log(next / PrivacyOptions.UsualFirstClip) / PrivacyOptions.UsualClipRate);
        }

        Assert.All(Enumerable.Range(1, 12), clients => Assert.Equal(0.5, Expected * Math.Abs(Share(clients + 1) - Share(clients)), 1e-9));
    }

    [Fact]
    public void The_count_of_those_within_the_clip_costs_noise_on_the_updates()
    {
        var privacy = new PrivacyOptions(1, Clipping: PrivacyOptions.Adaptive);

        Assert.Equal(1 / Math.Sqrt(1 - (1 / 25.0)), privacy.UpdateMultiplier(expected: 50), 1e-15);
        Assert.Equal(1, Options(1).UpdateMultiplier(expected: 50));
    }

    [Fact]
    public void What_no_optimizer_changes_stays_what_it_is()
    {
        var layout = new ParameterLayout([("w", [1]), ("bn.running_mean", [1]), ("bn.running_var", [1])], "bn.running_mean", "bn.running_var");
        var average = Private(expected: 1, multiplier: 1);

        var next = Apply(average, new ModelParameters(layout, [0, 1, 2]), [[0.5f, 5, 7]], ServerState.Read(average.State, layout, null));

        Assert.Equal([1, 2], next[1..]);
        Assert.NotEqual(0.5, next[0]);
    }

    private static PrivacyOptions Options(double multiplier) => new(multiplier, Clip: Clip);

    private static PrivateMean Private(double expected, double multiplier = 0) => new(new FedAvg(), Options(multiplier), expected);

    private static double[] Mean(float[][] updates, double expected) => Apply(Private(expected), [0, 0], updates);

    private static double[] Average(PrivateMean average, IReadOnlyList<Update> updates)
    {
        var layout = new ParameterLayout([("x", [2])]);
        return Apply(average, new ModelParameters(layout), updates, ServerState.Read(average.State, layout, null));
    }

    private static double[] Apply(PrivateMean average, float[] global, float[][] updates, ServerState? state = null)
    {
        var layout = new ParameterLayout([("x", [global.Length])]);
        return Apply(average, new ModelParameters(layout, global), updates, state ?? ServerState.Read(average.State, layout, null));
    }

    private static double[] Apply(PrivateMean average, ModelParameters global, float[][] updates, ServerState state) =>
        Apply(average, global, [.. updates.Select(update => new Update(10, update))], state);

    private static double[] Apply(PrivateMean average, ModelParameters global, IReadOnlyList<Update> updates, ServerState state)
    {
        var sum = new LeafSum(average, global.Layout);
        var check = new UpdateCheck(global, maxNorm: null);
        foreach (var update in updates)
        {
            var values = new ModelParameters(global.Layout, update.Parameters);
            Assert.Null(check.FindProblem(values, out var norm));
            Assert.True(sum.TryAdd(new ClientOutcome("client", update.Examples, 0, UpdateNorm: norm), values));
        }

        var next = new double[global.Layout.Length];
        var sums = UpdateSum.Read(sum.ToSafetensors(), global.Layout, count: 1);
        using var noise = new RoundNoise(Key, round: 1);
        average.Apply(new SummedRound(global, sums, sum.Figures!, updates.Count, updates.Sum(update => update.Examples)) { Noise = noise }, state, next);
        return next;
    }

    private static double Distance(double[] ascending, double sigma) => ascending
        .Select((number, index) => Math.Abs(Normal(number / sigma) - ((index + 0.5) / ascending.Length))).Max();

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
