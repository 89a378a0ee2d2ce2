using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Tests.Support;

namespace FlDurable.Shared.Tests.Datasets.Partitioning;

public sealed class RecentManifestTests
{
    private readonly InMemoryArtifactStore store = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_read_last_is_not_read_again()
    {
        var manifests = new RecentManifest(store);
        var (one, other) = (await PutAsync("one"), await PutAsync("other"));

        var first = await manifests.ReadAsync(one, Cancel);
        await store.DeleteAsync(one.Name, Cancel);

        Assert.Equal(["one"], first.Classes);
        Assert.Same(first, await manifests.ReadAsync(one, Cancel));
        Assert.Equal(["other"], (await manifests.ReadAsync(other, Cancel)).Classes);
        await Assert.ThrowsAsync<ArtifactMissingException>(() => manifests.ReadAsync(one, Cancel));
    }

    [Fact]
    public async Task Another_content_under_the_name_is_read()
    {
        var manifests = new RecentManifest(store);
        var one = await PutAsync("one");
        await manifests.ReadAsync(one, Cancel);

        await Assert.ThrowsAsync<ArtifactCorruptException>(() => manifests.ReadAsync(one with { Sha256 = new string('0', 64) }, Cancel));
    }

    private Task<ArtifactReference> PutAsync(string name) => store.PutJsonAsync(
        ArtifactNames.DatasetManifest(name),
        new DatasetManifest(DatasetRecipe.Of(new FederationSpec(), name), "synthetic", new ImageShape(1, 1, 1), [name], [], new ArtifactReference(name, 1, "0"), 1),
        Cancel);
}
