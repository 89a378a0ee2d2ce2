using System.Text;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using FlDurable.Worker.Tests.Support;

namespace FlDurable.Worker.Tests;

/// <summary>What outlives a worker's process.</summary>
public sealed class SpoolTests : IDisposable
{
    private static readonly string First = new('a', 64);
    private static readonly string Second = new('b', 64);

    private readonly TestFolder folder = new();
    private readonly SiteData data = new(new NoLibrary(), new DatasetRequest("none"), secret: [], NullLogger.Instance);

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
        first.Begin(First);
        second.Begin(First);

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

    [Fact]
    public async Task What_came_of_an_order_is_found_by_who_is_asked_for_the_same_and_forgotten_when_another_is()
    {
        using var spool = Spool.Open(folder["work"]);
        var store = Slot(spool, 0);
        store.Begin(First);
        var update = await store.PutAsync("updates/fed/000001/update", new byte[] { 1 }, Cancel);
        var global = await store.PutAsync("federations/fed/rounds/000001/global", new byte[] { 2 }, Cancel);
        Assert.Equal([2], await store.ReadAsync(global, Cancel));

        var next = Slot(spool, 0); // of a process after this one
        next.Begin(First);
        Assert.Equal(update, await next.FindAsync("updates/fed/000001/update", Cancel));
        Assert.Null(await next.FindAsync("federations/fed/rounds/000001/global", Cancel)); // it comes with the order
        next.Begin(Second);
        Assert.Null(await next.FindAsync("updates/fed/000001/update", Cancel));
        next.Begin(First);
        Assert.Null(await next.FindAsync("updates/fed/000001/update", Cancel));
    }

    [Fact]
    public void What_came_of_work_before_the_machine_was_started_anew_is_forgotten_and_nothing_else_is()
    {
        using (var spool = Spool.Open(folder["work"]))
        {
            Assert.SkipUnless(spool.KnowsStart, "this machine does not tell one start from another");
            foreach (var kept in (string[])[Path.Combine(spool.ArtifactsOf(0), "result"), Path.Combine(folder["work"], "artifacts", "federations", "fed", "noise")])
            {
                Directory.CreateDirectory(Path.GetDirectoryName(kept)!);
                File.WriteAllText(kept, "kept");
            }
        }

        using (var same = Spool.Open(folder["work"]))
            Assert.True(File.Exists(Path.Combine(same.ArtifactsOf(0), "result")));
        File.WriteAllText(Path.Combine(folder["work"], "start"), new string('0', 36));
        using var anew = Spool.Open(folder["work"]);

        Assert.False(File.Exists(Path.Combine(anew.ArtifactsOf(0), "result")));
        Assert.True(File.Exists(Path.Combine(folder["work"], "artifacts", "federations", "fed", "noise")));
    }

    [Fact]
    public void What_stands_for_the_data_outside_confirms_no_guess_without_the_sites_secret()
    {
        var dataset = new ImageDataset(["a", "b"], Examples(0), Examples(1));
        var other = new ImageDataset(["a", "b"], Examples(1), Examples(1));
        var (own, again, changed, others) = (LoadedData.Of(dataset, leftOut: 0, [1]), LoadedData.Of(dataset, leftOut: 0, [1]), LoadedData.Of(other, leftOut: 0, [1]), LoadedData.Of(dataset, leftOut: 0, [2]));

        Assert.Equal(own.Digest, again.Digest);
        Assert.Equal(4, new[] { own.Digest, changed.Digest, others.Digest, own.Sha256 }.Distinct().Count());

        static ImageExamples Examples(byte label) => new(new byte[] { label, 7 }, new ImageShape(1, 1, 1), classes: 2);
    }

    private SiteStore Slot(Spool spool, int slot) => new(spool.ArtifactsOf(slot), spool.NoiseKeys(), data);

    private sealed class NoLibrary : IDatasetLibrary
    {
        public Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
