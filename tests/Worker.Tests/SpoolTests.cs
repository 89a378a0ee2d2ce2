using System.Text;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Worker.Tests.Support;

namespace FlDurable.Worker.Tests;

/// <summary>What outlives a worker's process.</summary>
public sealed class SpoolTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly SiteData data = new(new NoLibrary(), new DatasetRequest("none"), secret: []);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        data.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Slots_forget_their_own_work_and_share_the_key_of_the_noise_that_the_site_adds()
    {
        using var spool = Spool.Open(folder["work"]);
        var (first, second) = (Slot(spool, 0), Slot(spool, 1));

        await first.MakePrivacyKeyAsync("fed", Cancel);
        await second.MakePrivacyKeyAsync("fed", Cancel);
        await first.PutAsync("updates/fed/000001/update", Encoding.UTF8.GetBytes("of the first"), Cancel);

        Assert.Equal(await first.ReadPrivacyKeyAsync("fed", Cancel), await second.ReadPrivacyKeyAsync("fed", Cancel));
        Assert.Null(await second.FindAsync("updates/fed/000001/update", Cancel));
    }

    [Fact]
    public async Task A_key_of_a_release_whose_slots_shared_all_is_kept_and_the_rest_of_it_is_not()
    {
        using var spool = Spool.Open(folder["work"]);
        var shared = new FileArtifactStore(folder["work/artifacts"]);
        await shared.MakePrivacyKeyAsync("fed", Cancel);
        var key = await shared.ReadPrivacyKeyAsync("fed", Cancel);
        await shared.PutAsync("updates/fed/000001/update", new byte[] { 1 }, Cancel);
        await shared.PutAsync("federations/fed/rounds/000001/global", new byte[] { 1 }, Cancel);

        spool.ForgetSharedArtifacts();
        var slot = Slot(spool, 3);
        await slot.MakePrivacyKeyAsync("fed", Cancel);

        Assert.Equal(key, await slot.ReadPrivacyKeyAsync("fed", Cancel));
        Assert.False(Directory.Exists(folder["work/artifacts/updates"]));
        Assert.False(Directory.Exists(folder["work/artifacts/federations/fed/rounds"]));
    }

    private SiteStore Slot(Spool spool, int slot) => new(spool.ArtifactsOf(slot), spool.NoiseKeys(), data);

    private sealed class NoLibrary : IDatasetLibrary
    {
        public Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
