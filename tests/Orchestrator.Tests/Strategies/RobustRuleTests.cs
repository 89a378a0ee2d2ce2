using CsCheck;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Parameters;

namespace FlDurable.Orchestrator.Tests.Strategies;

/// <summary>Rules that bear hostile clients: worked examples, and what holds whatever the clients send.</summary>
public sealed class RobustRuleTests
{
    /// <summary>Every rule that bears two hostile clients of eleven.</summary>
    private static IReadOnlyList<IBlockAggregation> RulesThatBearTwoOfEleven { get; } =
    [
        new FedMedian(), new FedTrimmedAvg(0.2), new MultiKrum(hostile: 2, chosen: 1), new MultiKrum(hostile: 2, chosen: 0), new Bulyan(hostile: 2),
        new GeometricMedian(1e-6, steps: 1000), new CenteredClipping(tau: 10, steps: 1, isKept: true),
    ];

    private static Gen<float> Value { get; } = Gen.Float[-1, 1];

    [Fact]
    public void The_median_of_an_even_number_is_the_mean_of_the_two_in_the_middle() =>
        Assert.Equal(new[] { 2.5, -1 }, Round(new FedMedian(), [1, -1], [2, -1], [3, -1], [100, -1]));

    [Fact]
    public void Zero_and_minus_zero_are_one_whoever_comes_first()
    {
        AssertSameBits([[0f, 0f], [-0f, -0f], [-0f, 0f]], [[-0f, 0f], [0f, -0f], [-0f, 0f]]);
        AssertSameBits([[-1f], [-0f], [-0f], [1f]], [[-1f], [-0f], [0f], [1f]]);

        static void AssertSameBits(float[][] one, float[][] other) => Assert.Equal(
            Round(new FedMedian(), one).Select(BitConverter.DoubleToInt64Bits), Round(new FedMedian(), other).Select(BitConverter.DoubleToInt64Bits));
    }

    [Theory]
    [InlineData(0.2, 5, 1)]
    [InlineData(0.2, 9, 1)]
    [InlineData(0.1, 5, 0)]
    [InlineData(0.35, 20, 7)]
    [InlineData(0.49, 7, 3)]
    public void A_trimmed_mean_drops_the_whole_part_of_its_share(double beta, int updates, int cut)
    {
        var rule = new FedTrimmedAvg(beta);

        Assert.Equal(cut, rule.Cut(updates));
        Assert.Equal(cut == 0, ((IAggregation)rule).Caution(updates) is not null);
    }

    /// <summary>Where all are there 5 updates are one too many for a hostile one; with 4 it would be averaged in.</summary>
    [Theory]
    [InlineData(0.2, 5, 5)]
    [InlineData(0.2, 100, 5)]
    [InlineData(0.34, 9, 3)]
    [InlineData(0.2, 4, 1)]
    [InlineData(0, 100, 1)]
    public void A_trimmed_mean_that_is_to_drop_some_is_none_with_so_few_that_it_drops_nobody(double beta, int planned, int least) =>
        Assert.Equal(least, ((IAggregation)new FedTrimmedAvg(beta, planned)).LeastUpdates);

    [Theory]
    [InlineData(2, true)]
    [InlineData(3, false)]
    public void A_median_of_two_is_said_to_bear_nobody(int updates, bool isSaid)
    {
        Assert.Equal(isSaid, ((IAggregation)new FedMedian()).Caution(updates) is not null);
        Assert.Equal(isSaid, ((IAggregation)new GeometricMedian(1e-6, 1)).Caution(updates) is not null);
    }

    /// <summary>One of the six is missing, one far off: four are taken, not the five that were asked for.</summary>
    [Fact]
    public void Where_clients_are_missing_MultiKrum_takes_fewer_rather_than_a_hostile_one() =>
        Assert.Equal(1, Assert.Single(Round(new MultiKrum(hostile: 1, chosen: 5), [1], [1], [1], [1], [1e6f])));

    /// <summary>Of four corners of a square each is as near to two others: scores of 2. The fifth is far away.</summary>
    [Fact]
    public void Of_equal_scores_Krum_takes_the_earlier()
    {
        float[][] square = [[8, 8], [1, 0], [0, 0], [0, 1], [1, 1]];

        Assert.Equal(new double[] { 1, 0 }, Round(new MultiKrum(hostile: 1, chosen: 1), square));
        Assert.Equal(new[] { 1.0 / 3, 1.0 / 3 }, Round(new MultiKrum(hostile: 1, chosen: 3), square));
    }

    [Fact]
    public void Who_compares_all_updates_stops_when_it_is_cancelled()
    {
        var aggregation = new MultiKrum(hostile: 1, chosen: 1);
        using var cancelled = new CancellationTokenSource();
        var passes = aggregation.Begin(
            new BlockRound(5, 2) { Cancellation = cancelled.Token }, ServerState.Read([], new ParameterLayout([("x", [2])]), content: null));
        passes.See(new UpdateBlock(0, [0, 0], new float[10]), new double[2]);
        cancelled.Cancel();

        Assert.ThrowsAny<OperationCanceledException>(() => passes.See(new UpdateBlock(0, [0, 0], new float[10]), new double[2]));
    }

    [Fact]
    public void Krum_sees_what_is_near_beside_large_parameters()
    {
        float[][] updates = [[1000.03f, 1000], [1000.01f, 1000], [1000, 1000], [1000, 1000.01f], [1000, 1000.5f]];

        Assert.Equal(new double[] { 1000, 1000 }, Round(new MultiKrum(hostile: 1, chosen: 1), updates));
    }

    /// <summary>
    /// 0, 1, 2, 3, 4, 2 and 50: Krum takes 2, 1, 3, 0 and 4 one at a time, whose median is 2; the three nearest to it are 1, 2 and 3.
    /// </summary>
    [Fact]
    public void Bulyan_chooses_one_at_a_time_and_takes_what_is_nearest_to_the_median() =>
        Assert.Equal(2, Assert.Single(Round(new Bulyan(hostile: 1), [0], [1], [2], [3], [4], [2], [50])), 1e-15);

    [Fact]
    public void Of_two_values_as_near_to_the_median_Bulyan_takes_the_smaller() =>
        Assert.Equal(new float[] { 1, 2, 2 }, Bulyan.NearestToMedian([0, 1, 2, 2, 3], 3).ToArray());

    [Fact]
    public void The_geometric_median_of_a_triangle_sees_each_side_under_the_same_angle()
    {
        // The Fermat point of (0, 0), (1, 0), (0, 1): x = y = (3 − √3) / 6.
        var next = Round(new GeometricMedian(1e-6, steps: 10_000), [0, 0], [1, 0], [0, 1]);

        Assert.All(next, value => Assert.Equal((3 - Math.Sqrt(3)) / 6, value, 1e-7));
    }

    [Fact]
    public void A_geometric_median_does_not_begin_where_a_hostile_client_wants_it() =>
        Assert.All(Round(new GeometricMedian(1e-6, steps: 3), [1, 1], [1.01f, 1], [0.99f, 1], [1, 0.99f], [1e6f, 1e6f]), value => Assert.InRange(value, 0.9, 1.1));

    /// <summary>From 0: changes 3 and −1 of τ 2 count as 2 and −1, so that the centre moves to 0.5; from there as 2 and −1.5, to 0.75.</summary>
    [Fact]
    public void Clipping_draws_what_is_far_from_the_centre_to_it_and_goes_on_from_there()
    {
        var run = new StrategyRun(new CenteredClipping(tau: 2, steps: 1, isKept: true), 1);

        Assert.Equal(0.5, Assert.Single(run.Round([0], new Update(1, [3]), new Update(1, [-1]))), 1e-15);
        Assert.Equal(0.75, Assert.Single(run.Round([0], new Update(1, [3]), new Update(1, [-1]))), 1e-15);
        Assert.Equal(0.75, Assert.Single(run.Kept("centre")), 1e-15);
        Assert.Equal(0.75, Assert.Single(new StrategyRun(new CenteredClipping(tau: 2, steps: 2, isKept: false), 1).Round([0], new Update(1, [3]), new Update(1, [-1]))), 1e-15);
    }

    /// <summary>But for Bulyan, to which two that are each other's nearest are equal when few are left: of those it takes the earlier.</summary>
    [Fact]
    public void The_order_of_clients_changes_nothing() =>
        Gen.Select(Gen.Int, Gen.Shuffle(Enumerable.Range(0, 11).ToArray())).Sample((seed, order) =>
        {
            var random = new Random(seed);
            float[][] updates = [.. Enumerable.Range(0, 11).Select(_ => new[] { random.NextSingle(), random.NextSingle() })];
            return RulesThatBearTwoOfEleven.Where(rule => rule is not Bulyan).All(rule =>
                Round(rule, updates).Zip(Round(rule, [.. order.Select(index => updates[index])])).All(pair => Math.Abs(pair.First - pair.Second) < 1e-6));
        });

    [Fact]
    public void Identical_updates_are_a_fixed_point() =>
        Value.Array[2].Sample(update => RulesThatBearTwoOfEleven.All(rule =>
            Round(rule, [.. Enumerable.Repeat(update, 11)]).Zip(update).All(pair => (float)pair.First == pair.Second)));

    /// <summary>Honest clients are within 1 in each parameter; whatever two send, the result is not far from them.</summary>
    [Fact]
    public void Two_hostile_clients_of_eleven_are_borne() =>
        Gen.Select(Value.Array[2].Array[9], Gen.OneOf(Gen.Float[-1e9f, 1e9f], Gen.Float[-3, 3]).Array[2].Array[2], Gen.Shuffle(Enumerable.Range(0, 11).ToArray()))
            .Sample((honest, hostile, order) =>
            {
                float[][] all = [.. honest, .. hostile];
                float[][] updates = [.. order.Select(index => all[index])];
                return RulesThatBearTwoOfEleven.All(rule => Round(rule, updates).All(value => Math.Abs(value) < 4));
            });

    private static double[] Round(IBlockAggregation rule, params float[][] updates) =>
        new StrategyRun(rule, updates[0].Length).Round(new float[updates[0].Length], [.. updates.Select(values => new Update(1, values))]);
}
