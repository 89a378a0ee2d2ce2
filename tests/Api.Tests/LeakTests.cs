using System.Globalization;
using System.Net;
using FlDurable.Api.Tests.Support;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests;

/// <summary>What a host keeps to itself.</summary>
public sealed class LeakTests
{
    [Theory]
    [InlineData("artifact 'federations/x/spec.json' is missing under '/srv/my state/artifacts'", "artifact 'federations/x/spec.json' is missing under '…'")]
    [InlineData("can't open /etc/passwd: no", "can't open …: no")]
    [InlineData("/root/x", "…")]
    [InlineData("/srv/patient data/ward 7/x.zip: truncated", "…: truncated")]
    [InlineData("PrepareDataset failed: /srv/patient data/x.zip: truncated", "PrepareDataset failed: …: truncated")]
    [InlineData("'images:/home/al/x' is gone", "'…' is gone")]
    [InlineData("from images:/home/al/x, as asked", "from …, as asked")]
    [InlineData("'idx:/home/al/x' is gone", "'…' is gone")]
    [InlineData("from cifar100-coarse:/home/al/x, as asked", "from …, as asked")]
    [InlineData("cifar100:/home/al/x: truncated", "…: truncated")]
    [InlineData("'XRays:/home/al/x' is gone", "'…' is gone")]
    [InlineData("from 2024-ct:/home/al/x, as asked", "from …, as asked")]
    [InlineData("2024-ct:/home/al/x y/z: truncated", "…: truncated")]
    [InlineData("'2024-ct:C:\\Users\\me' is gone", "'…' is gone")]
    [InlineData("at HTTPS://account.blob.core.windows.net/container", "at HTTPS://account.blob.core.windows.net/container")]
    [InlineData("at 'https://account.blob.core.windows.net/container'", "at 'https://account.blob.core.windows.net/container'")]
    [InlineData(@"'C:\Users\me\data' is gone", "'…' is gone")]
    [InlineData(@"in D:\data, or not", "in …, or not")]
    [InlineData(@"on '\\server\share\x'", "on '…'")]
    [InlineData("5/10 clients, and/or https://account.blob.core.windows.net/container/a/b", "5/10 clients, and/or https://account.blob.core.windows.net/container/a/b")]
    [InlineData("updates/x/000001/client-1.safetensors: not finite", "updates/x/000001/client-1.safetensors: not finite")]
    [InlineData("a / b", "a / b")]
    public void Paths_of_the_host_are_taken_out_of_reasons(string reason, string shown) =>
        Assert.Equal(shown, new ServerPaths(new FederationApiOptions(), new DatasetNames()).Hide(reason));

    [Theory]
    [InlineData("'{0}/a b/x.zip' is gone", true)]
    [InlineData("{0}/x.zip: truncated", true)]
    [InlineData("images:{0}/x: no images", true)]
    [InlineData("can't open {0}, or nothing is there", true)]
    [InlineData("'{0}-too/x.zip' is gone", false)]
    [InlineData("'{0}/../x.zip' is gone", false)]
    [InlineData("'images:{0}/link/x' is gone", false)]
    [InlineData("{0}/x.zip and /srv/secret/y.zip: truncated", false)]
    [InlineData("'{0}/x /srv/secret/y' is gone", false)]
    [InlineData("'{0}/x 2024-ct:/srv/secret/y' is gone", false)]
    [InlineData("'XRays:{0}/x' is gone", true)]
    [InlineData("no room in '/srv/secret'", false)]
    public void Of_paths_in_reasons_only_those_in_the_folder_that_is_allowed_are_shown(string reason, bool isShown)
    {
        using var folder = new TestFolder();
        var allowed = Directory.CreateDirectory(folder["pictures"]).FullName;
        Directory.CreateSymbolicLink(Path.Combine(allowed, "link"), folder.Path);
        reason = string.Format(CultureInfo.InvariantCulture, reason, allowed);

        var shown = new ServerPaths(new FederationApiOptions { ServerFiles = allowed }, new DatasetNames()).Hide(reason);

        Assert.Equal(isShown, shown == reason);
        Assert.Equal(isShown, shown.Contains(folder.Path, StringComparison.Ordinal));
        Assert.DoesNotContain("secret", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void Data_whose_author_breaks_when_asked_for_its_file_counts_as_a_file()
    {
        var paths = new ServerPaths(new FederationApiOptions(), new DatasetNames(new Breaking()));

        Assert.Equal("…", paths.Hide(new FederationSpec { Data = "breaking:/srv/secret" }).Data);
    }

    [Fact]
    public void Paths_are_taken_out_of_a_records_failures_and_events()
    {
        var record = new RoundRecord
        {
            Round = 1,
            Seconds = 1,
            ParametersSha256 = "",
            Engine = "lanes",
            DatasetDigest = "",
            Participants = [],
            Failures = [new ClientFailure("client-0", "TrainClient", "no room in '/srv/secret'")],
            Events = ["not evaluated: client-0: no room in '/srv/secret'"],
            Seal = "seal",
        };

        var shown = new ServerPaths(new FederationApiOptions(), new DatasetNames()).Hide(record);

        Assert.Equal(("no room in '…'", "not evaluated: client-0: no room in '…'", null), (shown.Failures[0].Reason, shown.Events![0], shown.Seal));
        var open = record with { Failures = [], Events = ["diverged"] };
        Assert.Same(open, new ServerPaths(new FederationApiOptions(), new DatasetNames()).Hide(open));
    }

    [Theory]
    [InlineData(typeof(ArtifactStoreException), HttpStatusCode.ServiceUnavailable)]
    [InlineData(typeof(TimeoutException), HttpStatusCode.ServiceUnavailable)]
    [InlineData(typeof(InvalidOperationException), HttpStatusCode.InternalServerError)]
    [InlineData(typeof(KeyNotFoundException), HttpStatusCode.InternalServerError)]
    [InlineData(typeof(NotRegisteredException), HttpStatusCode.InternalServerError)]
    public async Task What_breaks_in_the_host_is_logged_and_not_told(Type failure, HttpStatusCode status)
    {
        await using var host = await ApiHost.StartAsync(services => services.AddSingleton<IArtifactStore>(
            new BrokenStore(() => failure == typeof(NotRegisteredException)
                ? new NotRegisteredException(BrokenStore.Secret)
                : (Exception)Activator.CreateInstance(failure, BrokenStore.Secret, null)!)));

        using var answer = await host.StartAsync(ApiHost.Spec("any"));

        await answer.ProblemAsync(status);
        Assert.DoesNotContain("secret", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.OrdinalIgnoreCase);
        Assert.Contains(BrokenStore.Secret, host.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_federation_that_learns_from_the_hosts_files_does_not_show_them(bool otherFilesAreAllowed)
    {
        using var folder = new TestFolder();
        var data = folder["pictures"];
        Pictures.Write(data);
        await using (var trusting = await ApiHost.StartAsync(folder: folder.Path, serverFiles: data, needsKey: false))
        {
            var federation = await trusting.FinishAsync(ApiHost.Spec("files", ("data", data), ("rounds", 1), ("centralEvaluation", false)));
            Assert.Equal(("completed", data), (federation.Status(), federation["spec"]!["data"]!.GetValue<string>()));
        }

        await using var host = await ApiHost.StartAsync(folder: folder.Path, serverFiles: otherFilesAreAllowed ? Directory.CreateDirectory(folder["other"]).FullName : null, needsKey: false);
        using var shown = await host.GetAsync("/api/federations/files");
        using var conflict = await host.StartAsync(ApiHost.Spec("files", ("rounds", 1), ("centralEvaluation", false)));
        using var branched = await host.PostAsync("/api/federations/files/branch", """{"round":1,"id":"files-branch"}""");

        Assert.Equal("…", (await shown.JsonAsync())["spec"]!["data"]!.GetValue<string>());
        Assert.Equal("""{"data":["is another"]}""", (await conflict.ProblemAsync(HttpStatusCode.Conflict)).ToJsonString());
        Assert.Equal("completed", (await host.WaitAsync("files-branch")).Status());
    }

    [Theory]
    [InlineData("pictures/../other")]
    [InlineData("pictures-too")]
    [InlineData("other")]
    [InlineData("not-there")]
    [InlineData("pictures/../../..")]
    [InlineData("pictures/link")]
    [InlineData("pictures/link/train")]
    [InlineData("pictures/link-to-link")]
    [InlineData("pictures/dangling")]
    [InlineData("pictures/circle")]
    public async Task Of_files_outside_the_folder_that_is_allowed_nothing_is_told(string path)
    {
        using var folder = new TestFolder();
        foreach (var name in (string[])["pictures", "pictures-too", "other"])
            Pictures.Write(folder[name]);
        foreach (var (link, target) in ((string, string)[])[("link", "../other"), ("link-to-link", "link"), ("dangling", "../not-there"), ("circle", "circle")])
            Directory.CreateSymbolicLink(Path.Combine(folder["pictures"], link), target);
        await using var host = await ApiHost.StartAsync(folder: folder.Path, serverFiles: folder["pictures"], needsKey: false);
        foreach (var form in (string[])["", "images:", "cifar10:"])
        {
            using var answer = await host.StartAsync(ApiHost.Spec("any", ("data", form + folder[path])));

            Assert.Equal(
                $"expected a file or folder in '{folder["pictures"]}', the only files that this host takes names of",
                (await answer.ProblemAsync(HttpStatusCode.BadRequest))["data"]!.AsArray().Single()!.GetValue<string>());
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_link_that_is_put_there_after_a_start_is_not_followed_out_of_the_folder_that_is_allowed(bool whileItIsRead)
    {
        using var folder = new TestFolder();
        foreach (var place in (string[])["allowed/data", "secret"])
        {
            Pictures.Write(folder[place]);
            File.Copy(folder[$"{place}/train/class-0/0.bmp"], folder[$"{place}/train/class-0/more.bmp"]); // as no other test has it in the cache
        }

        await using var host = await ApiHost.StartAsync(
            services => SwappedData.Over(services, whileItIsRead, () =>
            {
                Directory.Move(folder["allowed/data"], folder["allowed/old"]);
                Directory.CreateSymbolicLink(folder["allowed/data"], folder["secret"]);
            }),
            serverFiles: folder["allowed"], folder: folder.Path, needsKey: false);

        var federation = await host.FinishAsync(ApiHost.Spec("swapped", ("data", folder["allowed/data"]), ("centralEvaluation", false)));

        Assert.Equal(
            ("failed", $"data: '…' leads out of '{folder["allowed"]}', the only folder that it may be read from"),
            (federation.Status(), federation["failure"]!.GetValue<string>()));
    }

    /// <summary>Data whose author has not thought of everything.</summary>
    private sealed class Breaking : INamedDataset
    {
        public string Name => "breaking";

        public string? FileOf(string? argument) => throw new FormatException(argument);

        public Task<string> FingerprintAsync(string? argument, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ImageDataset> LoadAsync(string? argument, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    /// <summary>A store that fails, and says where.</summary>
    private sealed class BrokenStore(Func<Exception> failure) : IArtifactStore
    {
        public const string Secret = "no room in '/srv/secret/artifacts'";

        public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) => throw failure();

        public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken) => throw failure();

        public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) => throw failure();

        public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => throw failure();

        public Task DeleteAsync(string name, CancellationToken cancellationToken) => throw failure();
    }
}
