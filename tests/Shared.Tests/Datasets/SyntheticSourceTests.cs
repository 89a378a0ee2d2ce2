using System.Security.Cryptography;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Sources;

namespace FlDurable.Shared.Tests.Datasets;

public sealed class SyntheticSourceTests
{
    [Fact]
    public async Task The_same_parameters_give_the_same_data_on_every_machine()
    {
        var dataset = await LoadAsync(new SyntheticParameters(Train: 50, Test: 20, Seed: 7));

        // If this changes, GeneratorVersion must too: specs fix the data by its digest.
        Assert.Equal("0b5035ce1ba60de3fe88938cbca2abe886baa18cdd4f52f72f3d96be4b5eaba6", dataset.Sha256);
    }

    [Theory]
    [InlineData(2500, 1200)]
    [InlineData(999, 1)]
    [InlineData(1000, 1001)]
    public async Task The_digest_that_is_made_on_the_way_is_that_of_all(int train, int test)
    {
        var dataset = await LoadAsync(new SyntheticParameters(train, test));

        Assert.Equal((train, test), (dataset.Train.Count, dataset.Test.Count));
        Assert.Equal(new ImageDataset(dataset.Classes, dataset.Train, dataset.Test).Sha256, dataset.Sha256);
    }

    [Fact]
    public async Task Another_seed_gives_other_images() =>
        Assert.NotEqual(
            (await LoadAsync(new SyntheticParameters(Train: 10, Test: 10, Seed: 1))).Sha256,
            (await LoadAsync(new SyntheticParameters(Train: 10, Test: 10, Seed: 2))).Sha256);

    [Fact]
    public async Task No_test_image_is_a_training_image()
    {
        var dataset = await LoadAsync(new SyntheticParameters(Train: 100, Test: 100));

        Assert.Empty(HashesOf(dataset.Train).Intersect(HashesOf(dataset.Test)));
    }

    [Fact]
    public async Task Images_do_not_depend_on_how_many_there_are()
    {
        var few = await LoadAsync(new SyntheticParameters(Train: 10, Test: 5));
        var many = await LoadAsync(new SyntheticParameters(Train: 40, Test: 5));

        Assert.Equal(few.Train.Records.ToArray(), many.Train.Slice(0, 10).Records.ToArray());
    }

    [Fact]
    public async Task Every_class_has_as_many_images()
    {
        var train = (await LoadAsync(new SyntheticParameters(Train: 200, Test: 10))).Train;

        Assert.All(Enumerable.Range(0, train.Count).CountBy(train.Label), count => Assert.Equal(20, count.Value));
    }

    [Fact]
    public async Task The_fingerprint_follows_the_parameters()
    {
        var fingerprints = new List<string>();
        foreach (var parameters in new SyntheticParameters[] { new(), new(Train: 1), new(Test: 1), new(Seed: 1) })
            fingerprints.Add(await new SyntheticSource(parameters, SourceForm.AsIs).FingerprintAsync(TestContext.Current.CancellationToken));

        Assert.Equal(4, fingerprints.Distinct().Count());
    }

    private static Task<ImageDataset> LoadAsync(SyntheticParameters parameters) =>
        new SyntheticSource(parameters, SourceForm.AsIs).LoadAsync(null, TestContext.Current.CancellationToken);

    private static IEnumerable<string> HashesOf(ImageExamples examples) =>
        Enumerable.Range(0, examples.Count).Select(index => Convert.ToHexString(SHA256.HashData(examples.Pixels(index))));
}
