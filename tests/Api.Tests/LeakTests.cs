using System.Net;
using FlDurable.Api.Tests.Support;
using FlDurable.Shared.Contracts;
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
    [InlineData(@"'C:\Users\me\data' is gone", "'…' is gone")]
    [InlineData(@"in D:\data, or not", "in …, or not")]
    [InlineData(@"on '\\server\share\x'", "on '…'")]
    [InlineData("5/10 clients, and/or https://account.blob.core.windows.net/container/a/b", "5/10 clients, and/or https://account.blob.core.windows.net/container/a/b")]
    [InlineData("updates/x/000001/client-1.safetensors: not finite", "updates/x/000001/client-1.safetensors: not finite")]
    [InlineData("a / b", "a / b")]
    public void Paths_of_the_host_are_taken_out_of_reasons(string reason, string shown) => Assert.Equal(shown, ServerPaths.Hide(reason));

    [Theory]
    [InlineData(typeof(ArtifactStoreException), HttpStatusCode.ServiceUnavailable)]
    [InlineData(typeof(TimeoutException), HttpStatusCode.ServiceUnavailable)]
    [InlineData(typeof(InvalidOperationException), HttpStatusCode.InternalServerError)]
    public async Task What_breaks_in_the_host_is_logged_and_not_told(Type failure, HttpStatusCode status)
    {
        await using var host = await ApiHost.StartAsync(services => services.AddSingleton<IArtifactStore>(
            new BrokenStore(() => (Exception)Activator.CreateInstance(failure, BrokenStore.Secret, null)!)));

        using var answer = await host.StartAsync(ApiHost.Spec("any"));

        await answer.ProblemAsync(status);
        Assert.DoesNotContain("secret", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.OrdinalIgnoreCase);
        Assert.Contains(BrokenStore.Secret, host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_federation_that_learns_from_the_hosts_files_does_not_show_them()
    {
        using var folder = new TestFolder();
        var data = folder["pictures"];
        Pictures.Write(data);
        await using (var trusting = await ApiHost.StartAsync(folder: folder.Path, serverFiles: data, needsKey: false))
        {
            var federation = await trusting.FinishAsync(ApiHost.Spec("files", ("data", data), ("rounds", 1), ("centralEvaluation", false)));
            Assert.Equal(("completed", data), (federation.Status(), federation["spec"]!["data"]!.GetValue<string>()));
        }

        await using var host = await ApiHost.StartAsync(folder: folder.Path, needsKey: false);
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
