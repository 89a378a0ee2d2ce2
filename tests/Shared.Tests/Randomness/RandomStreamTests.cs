using CsCheck;
using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Tests.Randomness;

public sealed class RandomStreamTests
{
    // Random123's kat_vectors, philox4x32 10.
    [Theory]
    [InlineData(0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x00000000u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_authors_known_answers(
        uint c0, uint c1, uint c2, uint c3, uint k0, uint k1, uint x0, uint x1, uint x2, uint x3) =>
        Assert.Equal((x0, x1, x2, x3), Philox.Block(c0, c1, c2, c3, k0, k1));

    [Fact]
    public void A_stream_is_a_function_of_what_it_is_for() =>
        Gen.Select(Gen.Long, Gen.Int[0, 1000], Gen.Int[0, 1000]).Sample((seed, round, client) =>
            Draw(new RandomStream(seed, RandomPurpose.Shuffling, round, client)).SequenceEqual(Draw(new RandomStream(seed, RandomPurpose.Shuffling, round, client))));

    [Fact]
    public void Streams_that_differ_in_anything_have_nothing_in_common()
    {
        RandomStream[] streams =
        [
            new(1, RandomPurpose.Shuffling, 1, 1), new(2, RandomPurpose.Shuffling, 1, 1), new(1 + (1L << 32), RandomPurpose.Shuffling, 1, 1),
            new(1, RandomPurpose.Partitioning, 1, 1), new(1, RandomPurpose.Shuffling, 2, 1), new(1, RandomPurpose.Shuffling, 1, 2),
        ];

        var values = streams.SelectMany(Draw).ToList();

        Assert.Equal(values.Count, values.Distinct().Count());
    }

    [Fact]
    public void Many_words_at_once_are_those_of_one_at_a_time() =>
        Gen.Select(Gen.Long, Gen.Int[0, 1000], Gen.Int[0, 9], Gen.Int[0, 200]).Sample((seed, client, before, count) =>
        {
            var (together, single) = (new RandomStream(seed, RandomPurpose.SyntheticImages, 1, client), new RandomStream(seed, RandomPurpose.SyntheticImages, 1, client));
            for (var word = 0; word < before; word++)
                Assert.Equal(single.NextUInt32(), together.NextUInt32());
            var words = new uint[count];
            together.NextUInt32s(words);

            Assert.Equal(Enumerable.Range(0, count).Select(_ => single.NextUInt32()), words);
            Assert.Equal(single.NextUInt32(), together.NextUInt32());
        });

    [Fact]
    public void Doubles_are_uniform_in_the_unit_interval()
    {
        var stream = new RandomStream(1, RandomPurpose.Initialization);
        var values = Enumerable.Range(0, 100_000).Select(_ => stream.NextDouble()).ToList();

        Assert.All(values, value => Assert.InRange(value, 0, 1 - double.Epsilon));
        Assert.InRange(values.Average(), 0.495, 0.505);
        Assert.InRange(values.Select(value => value * value).Average(), 0.328, 0.338);
    }

    [Fact]
    public void Integers_are_uniform_below_their_bound()
    {
        var stream = new RandomStream(1, RandomPurpose.Initialization);
        var counts = new int[7];
        for (var draw = 0; draw < 70_000; draw++)
            counts[stream.NextInt32(7)]++;

        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
    }

    [Fact]
    public void A_shuffle_is_a_permutation() =>
        Gen.Select(Gen.Long, Gen.Int[0, 500]).Sample((seed, length) =>
        {
            var items = Enumerable.Range(0, length).ToArray();
            new RandomStream(seed, RandomPurpose.Shuffling).Shuffle(items.AsSpan());
            return items.Order().SequenceEqual(Enumerable.Range(0, length));
        });

    [Fact]
    public void A_shuffle_puts_every_item_everywhere_equally_often()
    {
        var stream = new RandomStream(3, RandomPurpose.Shuffling);
        var counts = new int[4, 4];
        for (var repetition = 0; repetition < 40_000; repetition++)
        {
            int[] items = [0, 1, 2, 3];
            stream.Shuffle(items.AsSpan());
            for (var place = 0; place < 4; place++)
                counts[items[place], place]++;
        }

        Assert.All(counts.Cast<int>(), count => Assert.InRange(count, 9_600, 10_400));
    }

    [Fact]
    public void The_first_values_are_what_every_version_draws() =>
        Assert.Equal([3016603337u, 1826782811u, 3309371683u, 2033835060u], Draw(new RandomStream(42, RandomPurpose.Shuffling, round: 1, client: 2)).Take(4));

    [Fact]
    public void Normal_values_have_the_moments_of_the_normal_distribution()
    {
        var stream = new RandomStream(1, RandomPurpose.Initialization);
        var values = Enumerable.Range(0, 100_000).Select(_ => stream.NextNormal()).ToList();

        Assert.InRange(values.Average(), -0.013, 0.013);
        Assert.InRange(values.Average(value => value * value), 0.982, 1.018);
        Assert.InRange(values.Average(value => Math.Pow(value, 4)), 2.87, 3.13);
    }

    [Theory]
    [InlineData(1e-9)]
    [InlineData(0.05)]
    [InlineData(0.5)]
    [InlineData(1.0)]
    [InlineData(100.0)]
    public void Dirichlet_shares_are_a_whole_with_the_mean_and_variance_of_their_distribution(double concentration)
    {
        const int parts = 4;
        const int draws = 20_000;
        var stream = new RandomStream(1, RandomPurpose.Partitioning);
        var shares = new double[parts];
        var (sum, squares) = (new double[parts], 0.0);
        for (var draw = 0; draw < draws; draw++)
        {
            stream.NextDirichlet(concentration, shares);
            Assert.InRange(shares.Sum(), 1 - 1e-12, 1 + 1e-12);
            for (var part = 0; part < parts; part++)
                sum[part] += shares[part];
            squares += (shares[0] - 1.0 / parts) * (shares[0] - 1.0 / parts);
        }

        const double share = 1.0 / parts;
        var variance = share * (1 - share) / (parts * concentration + 1);
        Assert.All(sum, of => Assert.InRange(of / draws, share - 4 * Math.Sqrt(variance / draws), share + 4 * Math.Sqrt(variance / draws)));
        Assert.InRange(squares / draws / variance, 0.93, 1.07);
    }

    private static IEnumerable<uint> Draw(RandomStream stream) => Enumerable.Range(0, 10).Select(_ => stream.NextUInt32()).ToList();
}
