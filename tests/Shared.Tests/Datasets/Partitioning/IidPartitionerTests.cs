using CsCheck;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Tests.Datasets.Partitioning;

public sealed class IidPartitionerTests
{
    private static readonly IidPartitioner Iid = new();

    private static readonly Gen<(int Images, int Clients, long Seed)> Cases =
        from images in Gen.Int[1, 300]
        from clients in Gen.Int[1, images]
        from seed in Gen.Long[0, RandomStream.MaxSeed]
        select (images, clients, seed);

    [Fact]
    public void Every_image_goes_to_exactly_one_client() => Cases.Sample(given =>
        Partition(given).SelectMany(part => part).Order().SequenceEqual(Enumerable.Range(0, given.Images)));

    [Fact]
    public void Sizes_differ_by_at_most_one_and_every_client_has_an_image() => Cases.Sample(given =>
    {
        var sizes = Partition(given).Select(part => part.Length).ToList();
        return sizes.Count == given.Clients && sizes.Min() >= 1 && sizes.Max() - sizes.Min() <= 1;
    });

    [Fact]
    public void It_is_a_pure_function_of_its_arguments() => Cases.Sample(given =>
        Partition(given).Zip(Partition(given)).All(parts => parts.First.SequenceEqual(parts.Second)));

    [Fact]
    public void Another_seed_gives_another_division() =>
        Assert.NotEqual(Iid.Partition(new TrainingImages(new byte[100], 1, 2, Seed: 1))[0], Iid.Partition(new TrainingImages(new byte[100], 1, 2, Seed: 2))[0]);

    [Fact]
    public void It_never_changes()
    {
        var parts = Iid.Partition(new TrainingImages(new byte[10], 1, 3, Seed: 42));

        Assert.Equal("7 8 6 5 | 4 2 0 | 9 1 3", string.Join(" | ", parts.Select(part => string.Join(" ", part))));
    }

    [Fact]
    public void More_clients_than_images_are_refused_with_both_numbers()
    {
        var exception = Assert.Throws<DatasetException>(() => Iid.Partition(new TrainingImages(new byte[500], 1, 1000, Seed: 1)));

        Assert.Contains("clients: 1,000, but there are only 500 training images", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_registry_knows_what_specs_may_name()
    {
        var partitioners = new Partitioners();

        Assert.Equal(partitioners.Names, ((ISpecAlternatives)partitioners).Alternatives.Select(alternative => alternative.Name));
        Assert.Contains("'even'", Assert.Throws<DatasetException>(() => partitioners.For("even")).Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<int[]> Partition((int Images, int Clients, long Seed) given) =>
        Iid.Partition(new TrainingImages(new byte[given.Images], 1, given.Clients, given.Seed));
}
