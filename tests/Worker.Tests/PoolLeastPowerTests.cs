using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using FlDurable.Api;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using FlDurable.Worker.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Worker.Tests;

/// <summary>What a key of the pool opens, and what it doesn't: a caller with one, as hostile as it likes.</summary>
public sealed class PoolLeastPowerTests : IAsyncLifetime
{
    private SiteHost host = null!;
    private HttpClient worker = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IArtifactStore Store => host.Services.GetRequiredService<IArtifactStore>();

    public async ValueTask InitializeAsync()
    {
        host = await SiteHost.StartAsync();
        await host.AddToPoolAsync("gpu");
        await host.AddSiteAsync("site");
        worker = host.Caller("gpu");
    }

    public async ValueTask DisposeAsync()
    {
        worker.Dispose();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task The_hosts_key_a_sites_and_one_of_the_pool_are_each_of_their_own_kind()
    {
        var poolKey = worker.DefaultRequestHeaders.Authorization!.Parameter!;
        Assert.StartsWith("pool_gpu_", poolKey, StringComparison.Ordinal);
        using var site = host.Caller("site");
        foreach (var other in (HttpClient[])[host.Admin, site])
        {
            using var asked = await other.PostAsync(new Uri(host.Address, "/api/pool/leases"), SiteHost.Body(Request(0)), Cancel);
            Assert.Equal(HttpStatusCode.Unauthorized, asked.StatusCode);
        }

        using var atSites = await worker.PostAsync(new Uri("/api/work/leases", UriKind.Relative), SiteHost.Body(new LeaseRequest(1, Process(0))), Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, atSites.StatusCode);
        foreach (var path in (string[])["/api/federations", "/api/sites", "/api/pool/keys"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Address, path));
            request.Headers.Add(ApiDocument.KeyHeader, poolKey);
            using var answer = await worker.SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_lease_reads_what_its_work_needs_and_nothing_else()
    {
        var taken = await TakeAsync(0);
        var other = await TakeAsync(1);
        var (clients, _) = await Store.ReadPartAsync(taken.Cohort.Selection, taken.Phase, new SelectionRange(0, 3), Cancel);
        var own = clients[taken.Cohort.First].Data;

        foreach (var artifact in (ArtifactReference[])[taken.Cohort.Spec, taken.Cohort.Selection, taken.Cohort.Global, own])
            Assert.Equal(artifact.Sha256, Sha256(await worker.GetByteArrayAsync(Of(taken.Lease, $"artifacts/{artifact.Sha256}"), Cancel)));

        var dataset = (await Store.FindAsync(own.Name.Split("clients/")[0] + "test.bin", Cancel))!;
        var hidden = clients.Where((_, index) => index != taken.Cohort.First).Select(client => client.Data).Append(dataset);
        foreach (var artifact in hidden)
        {
            using var answer = await worker.GetAsync(Of(taken.Lease, $"artifacts/{artifact.Sha256}"), Cancel);
            Assert.Equal(HttpStatusCode.Gone, answer.StatusCode);
        }

        using var others = await worker.GetAsync(Of(other.Lease, $"artifacts/{own.Sha256}"), Cancel);
        Assert.Equal(HttpStatusCode.Gone, others.StatusCode);
        foreach (var wrong in (string[])["x", "..%2F..%2Fspec.json", new string('0', 64)])
        {
            using var answer = await worker.GetAsync(Of(taken.Lease, $"artifacts/{wrong}"), Cancel);
            Assert.Equal(HttpStatusCode.Gone, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("federations/fed/spec.json")]
    [InlineData("federations/fed/rounds/000001/global.safetensors")]
    [InlineData("updates/fed/000001/fit_1_client-9.safetensors")]
    [InlineData("updates/fed/000001/fit_2_client-0.safetensors")]
    [InlineData("updates/fed/000001/candidate_1.safetensors")]
    [InlineData("datasets/x/test.bin")]
    public async Task Nothing_is_written_but_what_the_work_leaves(string name)
    {
        var taken = await TakeAsync(0);

        using var answer = await WriteAsync(taken.Lease, name, [1, 2, 3]);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.NotEqual(3, (await Store.FindAsync(name, Cancel))?.Length);
    }

    [Fact]
    public async Task Names_that_are_none_are_refused()
    {
        var taken = await TakeAsync(0);

        foreach (var name in (string[])["../x", "/etc/passwd", ""])
        {
            using var answer = await WriteAsync(taken.Lease, name, [1, 2, 3]);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        }
    }

    [Fact]
    public async Task What_is_longer_than_it_can_be_or_no_manifest_is_refused_and_nothing_that_was_not_sent_is_written()
    {
        var taken = await TakeAsync(0);
        var client = (await Store.ReadSelectedAsync(taken.Cohort.Selection, taken.Phase, new SelectionRange(taken.Cohort.First, 1), Cancel))[0].Client;
        var update = ArtifactNames.Update("fed", 1, 1, client);

        using var tooLong = await WriteAsync(taken.Lease, update, new byte[taken.Cohort.Global.Length + (64 << 10) + 1]);
        using var noManifest = await WriteAsync(taken.Lease, Manifest(taken), "{}"u8.ToArray());
        using var ofTwo = await WriteAsync(taken.Lease, Manifest(taken), ContractJson.SerializeToUtf8(new PartOutcomes([new ClientOutcome("a", 1, 1), new ClientOutcome("b", 1, 1)])));
        using var notSent = await worker.PostAsync(Of(taken.Lease, "artifacts"), SiteHost.Body(new ArtifactToWrite(update, new string('a', 64))), Cancel);
        using var notDone = await worker.PostAsync(Of(taken.Lease, "completion"), content: null, Cancel);

        Assert.True(tooLong.StatusCode is HttpStatusCode.UnprocessableEntity or HttpStatusCode.RequestEntityTooLarge);
        Assert.All((HttpResponseMessage[])[noManifest, ofTwo, notSent, notDone], answer => Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode));
        Assert.Null(await Store.FindAsync(update, Cancel));
        Assert.Null(await Store.FindAsync(Manifest(taken), Cancel));
    }

    [Fact]
    public async Task What_a_worker_says_falsely_of_its_clients_is_their_named_failure_and_no_more()
    {
        var taken = await TakeAsync(0);
        var manifest = new PartOutcomes([new ClientOutcome("another", 1_000_000, 1, new Metrics(0.1, 1))]);
        using (var written = await WriteAsync(taken.Lease, Manifest(taken), ContractJson.SerializeToUtf8(manifest)))
            Assert.Equal(HttpStatusCode.OK, written.StatusCode);
        for (var time = 0; time < 2; time++)
        {
            using var done = await worker.PostAsync(Of(taken.Lease, "completion"), content: null, Cancel);
            Assert.Equal(HttpStatusCode.NoContent, done.StatusCode);
        }

        await using var honest = RunningWorker.StartInPool(host, "gpu");
        await host.WaitAsync("fed");
        var failure = Assert.Single((await host.RoundAsync("fed", 1))["failures"]!.AsArray())!;
        Assert.Contains("its manifest names 'another' in its place", failure["reason"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_lease_that_is_none_or_was_given_back_opens_nothing()
    {
        var taken = await TakeAsync(0);
        using (var back = await worker.PostAsync(Of(taken.Lease, "return"), SiteHost.Body(new PoolReturn()), Cancel))
            Assert.Equal(HttpStatusCode.NoContent, back.StatusCode);

        foreach (var lease in (string[])[taken.Lease, new string('0', 32), "x"])
        {
            using var read = await worker.GetAsync(Of(lease, $"artifacts/{taken.Cohort.Global.Sha256}"), Cancel);
            using var found = await worker.GetAsync(Of(lease, "result"), Cancel);
            using var renewed = await worker.PostAsync(Of(lease, "renewals"), SiteHost.Body(new LeaseRenewal(1)), Cancel);
            using var put = await worker.PutAsync(Of(lease, $"updates/{new string('a', 64)}"), new ByteArrayContent([1]), Cancel);
            using var done = await worker.PostAsync(Of(lease, "completion"), content: null, Cancel);
            using var failed = await worker.PostAsync(Of(lease, "failure"), SiteHost.Body(new WorkFailureReport(WorkFailures.Broken)), Cancel);
            using var back = await worker.PostAsync(Of(lease, "return"), SiteHost.Body(new PoolReturn()), Cancel);
            Assert.All((HttpResponseMessage[])[read, found, renewed, put, done, failed, back], answer => Assert.Equal(HttpStatusCode.Gone, answer.StatusCode));
        }
    }

    [Fact]
    public async Task A_lease_is_small_and_has_no_date()
    {
        await StartAsync();
        var json = "";
        await SiteHost.UntilAsync(
            async () =>
            {
                using var answer = await worker.PostAsync(new Uri("/api/pool/leases", UriKind.Relative), SiteHost.Body(Request(0)), Cancel);
                json = await answer.Content.ReadAsStringAsync(Cancel);
                return answer.StatusCode == HttpStatusCode.OK;
            },
            () => host.Log.ToString());

        Assert.True(json.Length < 16 * 1024);
        Assert.DoesNotContain("deadline", json, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(host.StateFolder, json, StringComparison.Ordinal);
    }

    private static string Process(int number) => new((char)('0' + number), 32);

    private static PoolRequest Request(int number) => new(1, Process(number), "1.0", WaitSeconds: 1);

    private static string Manifest(TakenCohort taken) => ArtifactNames.Cohort("fed", taken.Cohort.Round, taken.Cohort.Attempt, taken.Phase, taken.Cohort.First);

    private static Uri Of(string lease, string what) => new($"/api/pool/leases/{lease}/{what}", UriKind.Relative);

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private Task StartAsync() => host.StartInPoolAsync("fed", new JsonObject { ["fallback"] = "none" }, ("rounds", 1), ("deadlineSeconds", 600), ("minFitClients", 1));

    /// <summary>Takes a cohort of a federation, which is started if there is none.</summary>
    private async Task<TakenCohort> TakeAsync(int number)
    {
        if (number == 0)
            await StartAsync();
        TakenCohort? taken = null;
        await SiteHost.UntilAsync(
            async () =>
            {
                using var answer = await worker.PostAsync(new Uri("/api/pool/leases", UriKind.Relative), SiteHost.Body(Request(number)), Cancel);
                if (answer.StatusCode == HttpStatusCode.OK)
                    taken = ContractJson.Deserialize<TakenCohort>(await answer.Content.ReadAsStringAsync(Cancel));
                return taken is not null;
            },
            () => host.Log.ToString());
        return taken!;
    }

    private async Task<HttpResponseMessage> WriteAsync(string lease, string name, byte[] content)
    {
        using var body = new ByteArrayContent(content) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        using var put = await worker.PutAsync(Of(lease, $"updates/{Sha256(content)}"), body, Cancel);
        return put.StatusCode == HttpStatusCode.OK
            ? await worker.PostAsync(Of(lease, "artifacts"), SiteHost.Body(new ArtifactToWrite(name, Sha256(content))), Cancel)
            : new HttpResponseMessage(put.StatusCode);
    }
}
