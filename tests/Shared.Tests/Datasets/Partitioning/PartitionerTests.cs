using CsCheck;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;

namespace FlDurable.Shared.Tests.Datasets.Partitioning;

/// <summary>What holds of every partitioner, and the sizes and classes that Flower's give (flwr-datasets 0.6.1).</summary>
public sealed class PartitionerTests
{
    private const int Classes = 10;

    private static readonly Gen<IPartitioner> Any = Gen.OneOf<IPartitioner>(
        Gen.Const((IPartitioner)new IidPartitioner()),
        Gen.Const((IPartitioner)new LinearPartitioner()),
        Gen.Const((IPartitioner)new SquarePartitioner()),
        Gen.Const((IPartitioner)new ExponentialPartitioner()),
        Gen.Select(Gen.Double[0.01, 10], Gen.Int[0, 5], Gen.Bool).Select((alpha, least, balanced) => (IPartitioner)new DirichletPartitioner(alpha, least, balanced)),
        Gen.Double[0.0001, 10].Select(alpha => (IPartitioner)new InnerDirichletPartitioner(alpha)),
        Gen.Select(Gen.Int[1, Classes], Gen.Enum<ClassAssignmentMode>()).Select((classes, mode) => (IPartitioner)new PathologicalPartitioner(classes, mode)),
        Gen.Select(Gen.Int[1, 4], Gen.Bool).Select((shards, keep) => (IPartitioner)new ShardPartitioner(shards, null, keep)),
        Gen.Select(Gen.Int[1, 20], Gen.Bool).Select((size, keep) => (IPartitioner)new ShardPartitioner(null, size, keep)));

    private static readonly Gen<(IPartitioner Partitioner, TrainingImages Images)> Cases =
        from partitioner in Any
        from labels in Gen.Byte[0, Classes - 1].Array[1, 400]
        from clients in Gen.Int[1, 20]
        from seed in Gen.Long[0, 1000]
        select (partitioner, new TrainingImages(labels, Classes, clients, seed));

    [Fact]
    public void Every_image_goes_to_one_client_at_most_and_every_client_has_one() => Cases.Sample(given =>
    {
        if (TryPartition(given) is not { } parts)
            return true;
        var all = parts.SelectMany(part => part).ToList();
        return parts.Count == given.Images.Clients && parts.All(part => part.Length > 0) && all.Distinct().Count() == all.Count
            && all.TrueForAll(index => index >= 0 && index < given.Images.Labels.Length);
    });

    [Fact]
    public void A_division_is_a_pure_function() => Cases.Sample(given =>
        TryPartition(given) is not { } parts || parts.Zip(TryPartition(given)!).All(pair => pair.First.SequenceEqual(pair.Second)));

    [Fact]
    public void All_images_are_used_but_by_those_that_say_otherwise() => Cases.Sample(given =>
        given.Partitioner is PathologicalPartitioner or ShardPartitioner
        || TryPartition(given) is not { } parts || parts.Sum(part => part.Length) == given.Images.Labels.Length);

    [Theory]
    [InlineData(1, "1000")]
    [InlineData(2, "333 667")]
    [InlineData(5, "66 133 200 266 335")]
    [InlineData(10, "18 36 54 72 90 109 127 145 163 186")]
    public void Linear_sizes_are_Flowers(int clients, string sizes) => Assert.Equal(sizes, Sizes(new LinearPartitioner(), 1000, clients));

    [Fact]
    public void Linear_shares_are_exact_where_binary_fractions_lose_one() =>
        Assert.Equal("2 4 6 8 10 12 14 16 18 20", Sizes(new LinearPartitioner(), 110, 10));

    [Theory]
    [InlineData(1000, 5, "18 72 163 290 457")]
    [InlineData(50_000, 10, "129 519 1168 2077 3246 4675 6363 8311 10519 12993")]
    public void Square_sizes_are_Flowers(int images, int clients, string sizes) => Assert.Equal(sizes, Sizes(new SquarePartitioner(), images, clients));

    [Theory]
    [InlineData(1000, 5, "11 31 86 234 638")]
    [InlineData(1000, 7, "1 4 11 31 85 232 636")]
    [InlineData(50_000, 10, "3 10 28 78 212 578 1573 4277 11627 31614")]
    public void Exponential_sizes_are_Flowers(int images, int clients, string sizes) =>
        Assert.Equal(sizes, Sizes(new ExponentialPartitioner(), images, clients));

    [Fact]
    public void An_exponential_division_needs_one_image_for_the_first_client() =>
        Assert.StartsWith("1 2 ", Sizes(new ExponentialPartitioner(), 12_819, 10), StringComparison.Ordinal);

    [Theory]
    [InlineData(1000, 10)]
    [InlineData(12_818, 10)]
    [InlineData(60_000, 12)]
    public void An_exponential_division_that_leaves_a_client_without_images_is_refused(int images, int clients) =>
        AssertRefused(new ExponentialPartitioner(), Images(images, clients), "exponential gives client-0 none of");

    [Fact]
    public void Sizes_are_given_in_order_and_the_rest_is_not_used()
    {
        Assert.Equal("1 2 3", Sizes(new SizePartitioner([1, 2, 3]), 1000, 3));
        AssertRefused(new SizePartitioner([600, 600]), Images(1000, 2), "1,200 images together; there are only 1,000");
        AssertRefused(new SizePartitioner([600, 0]), Images(1000, 2), "0; expected at least 1");
        AssertRefused(new SizePartitioner([600]), Images(1000, 2), "1 sizes; expected one for each of 2 clients");
    }

    [Theory]
    [InlineData(10, 2, null, false, "100 100 100 100 100 100 100 100 100 100")]
    [InlineData(10, 2, 30, false, "60 60 60 60 60 60 60 60 60 60")]
    [InlineData(10, null, 64, false, "128 128 128 128 128 64 64 64 64 64")]
    [InlineData(7, 3, null, false, "141 141 141 141 141 141 141")]
    [InlineData(3, 1, null, false, "333 333 333")]
    public void Shards_are_dealt_as_Flower_does(int clients, int? shards, int? size, bool keep, string sizes) =>
        Assert.Equal(sizes, Sizes(new ShardPartitioner(shards, size, keep), 1000, clients));

    [Fact]
    public void An_incomplete_shard_falls_to_whoever_draws_it()
    {
        var sizes = Enumerable.Range(0, 50).Select(seed => Ordered(new ShardPartitioner(null, 64), seed)).Distinct();

        Assert.Equal(["40 64 64 64 128 128 128 128 128 128", "64 64 64 64 104 128 128 128 128 128"], sizes.Order(StringComparer.Ordinal));

        static string Ordered(IPartitioner partitioner, long seed) =>
            string.Join(' ', partitioner.Partition(Images(1000, 10, seed)).Select(part => part.Length).Order());
    }

    [Theory]
    [InlineData(10, 4, 50)]
    [InlineData(20, null, 64)]
    [InlineData(600, 2, null)]
    public void Too_few_shards_are_refused(int clients, int? shards, int? size) =>
        AssertRefused(new ShardPartitioner(shards, size, keepIncompleteShard: false), Images(1000, clients), "1,000 images make");

    [Fact]
    public void A_shard_holds_neighbouring_classes_only()
    {
        var images = Images(1000, 10);

        Assert.All(new ShardPartitioner(2).Partition(images), part => Assert.InRange(ClassCounts(images, part).Count(count => count > 0), 1, 2));
    }

    [Theory]
    [InlineData(10, 2, "50 50 0 0 0 0 0 0 0 0|0 50 50 0 0 0 0 0 0 0")]
    [InlineData(7, 3, "100 50 34 0 0 0 0 0 0 0|0 50 33 34 0 0 0 0 0 0")]
    [InlineData(25, 3, "15 13 12 0 0 0 0 0 0 0|0 13 11 12 0 0 0 0 0 0")]
    [InlineData(5, 2, "100 50 0 0 0 0 0 0 0 0|0 50 50 0 0 0 0 0 0 0")]
    public void Deterministic_classes_are_cut_as_Flower_does(int clients, int classes, string firstTwo)
    {
        var images = Images(1000, clients);
        var parts = new PathologicalPartitioner(classes, ClassAssignmentMode.Deterministic).Partition(images);

        Assert.Equal(firstTwo, string.Join('|', parts.Take(2).Select(part => string.Join(' ', ClassCounts(images, part)))));
    }

    [Theory]
    [InlineData(ClassAssignmentMode.Random)]
    [InlineData(ClassAssignmentMode.FirstDeterministic)]
    public void A_client_has_as_many_classes_as_asked_for(ClassAssignmentMode mode)
    {
        var images = Images(1000, 10, seed: 3);
        var parts = new PathologicalPartitioner(3, mode).Partition(images);

        Assert.All(parts.Index(), part =>
        {
            var counts = ClassCounts(images, part.Item);
            Assert.Equal(3, counts.Count(count => count > 0));
            if (mode == ClassAssignmentMode.FirstDeterministic)
                Assert.True(counts[part.Index] > 0);
        });
    }

    [Fact]
    public void Two_random_classes_of_ten_leave_about_one_class_out()
    {
        var leftOut = Enumerable.Range(0, 200).Average(seed =>
        {
            var images = Images(1000, 10, seed);
            var used = new PathologicalPartitioner(2).Partition(images).SelectMany(part => part).Select(index => images.Labels.Span[index]).Distinct().Count();
            return Classes - used;
        });

        Assert.InRange(leftOut, 0.86, 1.28); // 10 · 0.8^10 = 1.07, by three standard errors
    }

    [Fact]
    public void More_classes_than_there_are_are_refused() =>
        AssertRefused(new PathologicalPartitioner(11), Images(1000, 10), "classesPerPartition: 11; expected 1 to 10");

    [Fact]
    public void A_table_of_numbers_is_followed_as_Flower_does()
    {
        double[] table = [.. Enumerable.Range(5, 10).SelectMany(first => new double[] { first, first + 5, first + 10 })];
        var images = Images(1000, 10);
        var parts = new DistributionPartitioner(table, classesPerPartition: 3, rescale: false).Partition(images);

        Assert.Equal("5 6 7 0 0 0 0 0 0 0", string.Join(' ', ClassCounts(images, parts[0])));
        Assert.Equal("0 11 12 8 0 0 0 0 0 0", string.Join(' ', ClassCounts(images, parts[1])));
        Assert.Equal("15 16 0 0 0 0 0 0 0 24", string.Join(' ', ClassCounts(images, parts[9])));
    }

    [Fact]
    public void A_table_of_shares_gives_out_every_image()
    {
        double[] table = [.. Enumerable.Repeat(new double[] { 1, 2, 5 }, 10).SelectMany(row => row)];
        var images = Images(1000, 10);
        var parts = new DistributionPartitioner(table, classesPerPartition: 3, preassignedPerClass: 4).Partition(images);

        // Floor of 88 by shares 1, 2 and 5 of 8, and 4 for each; no rest.
        Assert.Equal("15 15 15 0 0 0 0 0 0 0", string.Join(' ', ClassCounts(images, parts[0])));
        Assert.Equal("59 59 0 0 0 0 0 0 0 59", string.Join(' ', ClassCounts(images, parts[9])));
        Assert.Equal(1000, parts.Sum(part => part.Length));
    }

    [Fact]
    public void A_table_that_does_not_fit_is_refused_with_its_size()
    {
        double[] table = [1, 2, 1, 2];

        AssertRefused(new DistributionPartitioner(table, 3), Images(1000, 10), "4 numbers; expected 30, 10 rows (classes) of 3");
        AssertRefused(new DistributionPartitioner(table, 3), Images(1000, 7), "7 clients; expected a multiple of 10");
        AssertRefused(
            new DistributionPartitioner([.. Enumerable.Repeat(200.0, 10)], 1, rescale: false), Images(1000, 10), "class 0: 200 images; there are only 100");
        AssertRefused(new DistributionPartitioner([.. Enumerable.Repeat(-1.0, 10)], 1), Images(1000, 10), "class 0: a negative value");
    }

    // Means over 200 seeds of flwr-datasets' partitioner, each with four standard errors.
    [Theory]
    [InlineData(0.1, false, 4.1175, 0.1917, 0.5983, 0.0235, 83.0, 24.1, 1090.9, 84.5)]
    [InlineData(0.1, true, 3.5405, 0.1736, 0.6433, 0.0230, 113.7, 30.4, 834.3, 35.8)]
    [InlineData(0.5, false, 7.8555, 0.1564, 0.3526, 0.0133, 227.8, 25.1, 850.9, 50.8)]
    [InlineData(0.5, true, 7.0205, 0.1746, 0.3896, 0.0157, 267.3, 27.2, 693.9, 29.4)]
    [InlineData(1.0, false, 9.2130, 0.0951, 0.2750, 0.0076, 298.8, 22.5, 745.9, 36.5)]
    [InlineData(1.0, true, 8.4780, 0.1352, 0.3001, 0.0097, 335.9, 21.4, 636.3, 21.7)]
    public void Dirichlets_statistics_are_Flowers(
        double alpha, bool balanced, double classes, double classesWithin, double largestShare, double shareWithin, double smallest, double smallestWithin, double largest, double largestWithin)
    {
        var seeds = Enumerable.Range(0, 200).Select(seed => Describe(new DirichletPartitioner(alpha, selfBalancing: balanced), Images(5000, 10, seed))).ToList();

        Assert.InRange(seeds.Average(seed => seed.Classes), classes - classesWithin, classes + classesWithin);
        Assert.InRange(seeds.Average(seed => seed.LargestShare), largestShare - shareWithin, largestShare + shareWithin);
        Assert.InRange(seeds.Average(seed => seed.Smallest), smallest - smallestWithin, smallest + smallestWithin);
        Assert.InRange(seeds.Average(seed => seed.Largest), largest - largestWithin, largest + largestWithin);
    }

    /// <summary>
    /// Of two clients' shares one has a beta distribution, with α 1 the uniform one and with α ½ the arcsine one. In ten bins of the same probability χ² of nine degrees of freedom is above
    /// 27.88 once in a thousand times.
    /// </summary>
    [Theory]
    [InlineData(1.0)]
    [InlineData(0.5)]
    public void A_Dirichlet_share_has_its_distribution_by_a_chi_squared_test(double alpha)
    {
        const int bins = 10;
        const int seeds = 200;
        const int ofAClass = 1000;
        var counts = new int[bins];
        for (var seed = 0; seed < seeds; seed++)
        {
            var images = Images(ofAClass * Classes, clients: 2, seed);
            foreach (var count in ClassCounts(images, new DirichletPartitioner(alpha, minPartitionSize: 0).Partition(images)[0]))
            {
                var share = (count + 0.5) / (ofAClass + 1);
                var probability = alpha == 1 ? share : 2 / Math.PI * Math.Asin(Math.Sqrt(share));
                counts[(int)(bins * probability)]++;
            }
        }

        const double expected = (double)seeds * Classes / bins;
        Assert.InRange(counts.Sum(count => (count - expected) * (count - expected) / expected), 0, 27.88);
    }

    [Theory]
    [InlineData(0.1, 5.2925, 0.4183, 0.4883, 0.0459)]
    [InlineData(0.5, 8.3275, 0.2641, 0.3280, 0.0240)]
    [InlineData(1.0, 9.3075, 0.2250, 0.2681, 0.0176)]
    public void Inner_Dirichlets_statistics_are_Flowers(double alpha, double classes, double classesWithin, double largestShare, double shareWithin)
    {
        var seeds = Enumerable.Range(0, 40).Select(seed => Describe(new InnerDirichletPartitioner(alpha), Images(1000, 10, seed))).ToList();

        Assert.InRange(seeds.Average(seed => seed.Classes), classes - classesWithin, classes + classesWithin);
        Assert.InRange(seeds.Average(seed => seed.LargestShare), largestShare - shareWithin, largestShare + shareWithin);
        Assert.All(seeds, seed => Assert.Equal((100, 100), (seed.Smallest, seed.Largest)));
    }

    [Fact]
    public void A_Dirichlet_division_that_asks_for_nothing_is_not_told_to_ask_for_less() =>
        AssertRefused(new DirichletPartitioner(0.001, minPartitionSize: 0), Images(200, 50), "fewer than 1 of 200 images, at best 0; expected a larger alpha, fewer clients");

    [Fact]
    public void A_Dirichlet_division_that_fails_eleven_times_is_refused_with_what_would_do() =>
        AssertRefused(new DirichletPartitioner(0.01), Images(200, 20), "in 11 draws", "fewer than 10 of 200 images", "expected a larger alpha");

    /// <summary>Shares so uneven that those of all who are not full are zero as doubles.</summary>
    [Theory]
    [InlineData(1000, 10)]
    [InlineData(995, 5)]
    [InlineData(300, 3)]
    public void A_self_balancing_division_with_hardly_any_alpha_fills_one_client_after_another(int images, int clients)
    {
        var largestClass = (images + Classes - 1) / Classes;
        for (var seed = 0; seed < 50; seed++)
        {
            var parts = new DirichletPartitioner(1e-4, minPartitionSize: 1, selfBalancing: true).Partition(Images(images, clients, seed));

            Assert.Equal(Enumerable.Range(0, images), parts.SelectMany(part => part).Order());
            Assert.All(parts, part => Assert.InRange(part.Length, 1, (images / clients) + largestClass));
        }
    }

    [Fact]
    public void A_self_balancing_division_with_hardly_any_alpha_and_more_clients_than_classes_is_refused() => AssertRefused(
        new DirichletPartitioner(1e-4, selfBalancing: true), Images(1000, 50), "in 11 draws with alpha 0.0001", "expected a larger alpha");

    private static TrainingImages Images(int images, int clients, long seed = 1) =>
        new(Enumerable.Range(0, images).Select(index => (byte)(index % Classes)).ToArray(), Classes, clients, seed);

    private static string Sizes(IPartitioner partitioner, int images, int clients) =>
        string.Join(' ', partitioner.Partition(Images(images, clients)).Select(part => part.Length));

    private static int[] ClassCounts(TrainingImages images, int[] part)
    {
        var counts = new int[Classes];
        foreach (var index in part)
            counts[images.Labels.Span[index]]++;
        return counts;
    }

    private static (double Classes, double LargestShare, int Smallest, int Largest) Describe(IPartitioner partitioner, TrainingImages images)
    {
        var parts = partitioner.Partition(images);
        var shares = parts.Select(part => ClassCounts(images, part).Select(count => (double)count / part.Length).ToArray()).ToList();
        return (shares.Average(of => of.Count(share => share >= 0.01)), shares.Average(of => of.Max()), parts.Min(part => part.Length), parts.Max(part => part.Length));
    }

    private static IReadOnlyList<int[]>? TryPartition((IPartitioner Partitioner, TrainingImages Images) given)
    {
        try
        {
            return given.Partitioner.Partition(given.Images);
        }
        catch (DatasetException)
        {
            return null;
        }
    }

    private static void AssertRefused(IPartitioner partitioner, TrainingImages images, params string[] words)
    {
        var exception = Assert.Throws<DatasetException>(() => partitioner.Partition(images));
        Assert.All(words, word => Assert.Contains(word, exception.Message, StringComparison.Ordinal));
    }
}
