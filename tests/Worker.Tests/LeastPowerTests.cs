using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using FlDurable.Api;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Records;
using FlDurable.Shared.Work;
using FlDurable.Worker.Tests.Support;

namespace FlDurable.Worker.Tests;

/// <summary>What a site's key opens, and what it doesn't: a caller with one, as hostile as it likes.</summary>
public sealed class LeastPowerTests : IAsyncLifetime
{
    private static readonly string Process = new('0', 32);
    private static readonly string[] Classes = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];

    private SiteHost host = null!;
    private HttpClient one = null!;
    private HttpClient two = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        host = await SiteHost.StartAsync();
        await host.AddSiteAsync("one");
        await host.AddSiteAsync("two");
        (one, two) = (host.Caller("one"), host.Caller("two"));
    }

    public async ValueTask DisposeAsync()
    {
        one.Dispose();
        two.Dispose();
        await host.DisposeAsync();
    }

    [Fact]
    public async Task The_hosts_key_is_no_workers_and_a_sites_key_is_not_the_hosts()
    {
        using var admin = await host.SendAsync(HttpMethod.Put, "/api/work/enrolment", ContractJson.Serialize(Enrolment()));
        Assert.Equal(HttpStatusCode.Unauthorized, admin.StatusCode);

        var siteKey = one.DefaultRequestHeaders.Authorization!.Parameter!;
        foreach (var path in (string[])["/api/federations", "/api/sites", "/api/federations/fed"])
        {
            using var asSite = await one.GetAsync(new Uri(path, UriKind.Relative), Cancel);
            Assert.Equal(HttpStatusCode.Unauthorized, asSite.StatusCode);
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(host.Address, path));
            request.Headers.Add(ApiDocument.KeyHeader, siteKey);
            using var inHostsHeader = await one.SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.Unauthorized, inHostsHeader.StatusCode);
        }
    }

    [Fact]
    public async Task A_key_that_is_none_or_was_revoked_opens_nothing()
    {
        await EnrolAsync(one);
        using var revoked = await host.SendAsync(HttpMethod.Delete, "/api/sites/one/keys");
        Assert.Equal(HttpStatusCode.NoContent, revoked.StatusCode);
        foreach (var key in (string?[])[null, "", "x", one.DefaultRequestHeaders.Authorization!.Parameter, "site_two_" + new string('0', 64)])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(host.Address, "/api/work/leases")) { Content = SiteHost.Body(new LeaseRequest(1, Process)) };
            if (key is not null)
                request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
            using var client = new HttpClient();
            using var answer = await client.SendAsync(request, Cancel);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Equal("Bearer", answer.Headers.WwwAuthenticate.Single().Scheme);
        }
    }

    [Fact]
    public async Task A_lease_is_of_no_use_to_another_site()
    {
        var (taken, order) = await TakeAsync();
        var update = await ParametersAsync(taken.Lease);
        foreach (var call in EveryCall(taken.Lease, Sha256(update), update, order))
        {
            using (call)
            using (var answer = await two.SendAsync(call, Cancel))
                Assert.True(answer.StatusCode == HttpStatusCode.Gone, $"{call.Method} {call.RequestUri}: {answer.StatusCode}");
        }

        Assert.Empty(Uploads());
        using var own = await one.PostAsync(Of(taken.Lease, "renewals"), SiteHost.Body(new LeaseRenewal(1)), Cancel);
        Assert.Equal(HttpStatusCode.OK, own.StatusCode);
    }

    [Fact]
    public async Task A_lease_is_of_no_use_once_the_key_was_revoked()
    {
        var (taken, order) = await TakeAsync();
        var update = await ParametersAsync(taken.Lease);
        using var revoked = await host.SendAsync(HttpMethod.Delete, "/api/sites/one/keys");

        foreach (var call in EveryCall(taken.Lease, Sha256(update), update, order))
        {
            using (call)
            using (var answer = await one.SendAsync(call, Cancel))
                Assert.True(answer.StatusCode == HttpStatusCode.Unauthorized, $"{call.Method} {call.RequestUri}: {answer.StatusCode}");
        }

        Assert.Empty(Uploads());
        Assert.Empty(KeptUpdates());
    }

    [Theory]
    [InlineData("00000000000000000000000000000000")]
    [InlineData("x")]
    [InlineData("..%2F..%2Ffederations")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    public async Task A_lease_that_is_none_opens_nothing(string lease)
    {
        await EnrolAsync(one);
        foreach (var call in EveryCall(lease, new string('a', 64), new byte[8], order: null))
        {
            using (call)
            using (var answer = await one.SendAsync(call, Cancel))
                Assert.True(answer.StatusCode is HttpStatusCode.Gone or HttpStatusCode.NotFound, $"{call.Method} {call.RequestUri}: {answer.StatusCode}");
        }

        Assert.Empty(Uploads());
    }

    [Fact]
    public async Task A_worker_is_told_nothing_of_others_or_of_the_host()
    {
        var (taken, _) = await TakeAsync();

        var order = await one.GetStringAsync(Of(taken.Lease, "order"), Cancel);

        Assert.DoesNotContain("\"two\"", order, StringComparison.Ordinal);
        Assert.DoesNotContain(host.StateFolder, order, StringComparison.Ordinal);
        Assert.DoesNotContain("sites:", order, StringComparison.Ordinal);
        Assert.True((await one.GetStringAsync(Of(taken.Lease, "order"), Cancel)).Length < 16 * 1024);
    }

    [Fact]
    public async Task An_update_that_is_longer_than_it_can_be_is_refused_and_not_kept()
    {
        var (taken, order) = await TakeAsync();
        var update = new byte[order.Global.Length + (64 << 10) + 1];

        using var answer = await PutAsync(taken.Lease, Sha256(update), update);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
        Assert.Empty(Uploads());
    }

    [Fact]
    public async Task An_update_of_another_SHA_256_is_refused()
    {
        var (taken, order) = await TakeAsync();
        var update = await ParametersAsync(taken.Lease);
        var other = new string('b', 64);
        using (var put = await PutAsync(taken.Lease, other, update))
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);

        foreach (var said in (string?[])[other, Sha256(update), null])
        {
            using var answer = await CompleteAsync(taken.Lease, Report(order, said));
            Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        }

        Assert.Empty(KeptUpdates());
    }

    [Fact]
    public async Task An_update_of_another_shape_is_refused_and_not_kept()
    {
        var (taken, order) = await TakeAsync();
        var update = (await ParametersAsync(taken.Lease))[..^4];
        await PutAsync(taken.Lease, Sha256(update), update);

        using var answer = await CompleteAsync(taken.Lease, Report(order, Sha256(update)));

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Empty(KeptUpdates());
    }

    [Fact]
    public async Task An_upload_that_was_cut_goes_on_where_it_was_and_a_completion_can_be_said_twice()
    {
        var (taken, order) = await TakeAsync();
        var update = await ParametersAsync(taken.Lease);
        var sha256 = Sha256(update);
        var half = update.Length / 2;
        using (var first = await PutAsync(taken.Lease, sha256, update[..half], new ContentRangeHeaderValue(0, half - 1, update.Length)))
            Assert.Equal(half, ContractJson.Deserialize<ReceivedUpdate>(await first.Content.ReadAsStringAsync(Cancel)).Received);
        using (var gap = await PutAsync(taken.Lease, sha256, update[^10..], new ContentRangeHeaderValue(update.Length - 10, update.Length - 1, update.Length)))
            Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, gap.StatusCode);
        Assert.Equal(half, ContractJson.Deserialize<ReceivedUpdate>(await one.GetStringAsync(Of(taken.Lease, $"updates/{sha256}"), Cancel)).Received);
        using (var rest = await PutAsync(taken.Lease, sha256, update[half..], new ContentRangeHeaderValue(half, update.Length - 1, update.Length)))
            Assert.Equal(HttpStatusCode.OK, rest.StatusCode);

        for (var time = 0; time < 3; time++)
        {
            using var answer = await CompleteAsync(taken.Lease, Report(order, sha256));
            Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        }

        using var failed = await one.PostAsync(Of(taken.Lease, "failure"), SiteHost.Body(new WorkFailureReport(WorkFailures.Broken)), Cancel);
        Assert.Equal(HttpStatusCode.NoContent, failed.StatusCode); // what counts stays
        Assert.Empty(Uploads());
        Assert.Single(KeptUpdates());
    }

    [Fact]
    public async Task A_lease_holds_one_upload_however_many_are_begun()
    {
        var (taken, order) = await TakeAsync();
        var update = await ParametersAsync(taken.Lease);

        foreach (var digit in "0123456789")
        {
            using var other = await PutAsync(taken.Lease, new string(digit, 64), update);
            Assert.Equal(HttpStatusCode.OK, other.StatusCode);
            Assert.Single(Uploads());
        }

        using var put = await PutAsync(taken.Lease, Sha256(update), update);
        using var answer = await CompleteAsync(taken.Lease, Report(order, Sha256(update)));
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        Assert.Empty(Uploads());
    }

    [Theory]
    [InlineData(41)] // the site has enrolled 40
    [InlineData(int.MaxValue)]
    [InlineData(0)]
    [InlineData(-1)]
    public async Task A_site_can_not_claim_more_examples_than_it_has_enrolled(int examples)
    {
        var (taken, order) = await TakeAsync();
        var update = await ParametersAsync(taken.Lease);
        using var put = await PutAsync(taken.Lease, Sha256(update), update);

        using var answer = await CompleteAsync(taken.Lease, Report(order, Sha256(update)) with { Examples = examples });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Empty(KeptUpdates());
    }

    [Fact]
    public async Task Words_of_a_site_are_refused_as_the_reason_of_a_failure()
    {
        var (taken, _) = await TakeAsync();

        using var answer = await one.PostAsync(Of(taken.Lease, "failure"), SiteHost.Body(new WorkFailureReport("/data/PATIENT-4711")), Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.DoesNotContain("PATIENT-4711", host.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_process_with_the_key_is_told_so()
    {
        await EnrolAsync(one);
        using var first = await one.PostAsync(new Uri("/api/work/leases", UriKind.Relative), SiteHost.Body(new LeaseRequest(1, Process)), Cancel);
        using var second = await one.PostAsync(new Uri("/api/work/leases", UriKind.Relative), SiteHost.Body(new LeaseRequest(1, new string('1', 32))), Cancel);

        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.Conflict), (first.StatusCode, second.StatusCode));
        using var enrolled = await one.PutAsync(
            new Uri("/api/work/enrolment", UriKind.Relative), SiteHost.Body(Enrolment() with { Process = new string('1', 32), TrainExamples = 7 }), Cancel);
        Assert.Equal(HttpStatusCode.Conflict, enrolled.StatusCode);
        Assert.Contains("\"trainExamples\":40", await SitesAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"protocol": 99, "process": "00000000000000000000000000000000"}""")]
    [InlineData("""{"protocol": 1, "process": "me"}""")]
    [InlineData("""{"protocol": 1, "process": "00000000000000000000000000000000", "waitSeconds": 3600}""")]
    [InlineData("""{"protocol": 1, "process": "00000000000000000000000000000000", "site": "two"}""")]
    [InlineData("[]")]
    [InlineData("")]
    public async Task A_request_for_work_that_is_none_is_refused(string json)
    {
        using var content = new StringContent(json, System.Text.Encoding.UTF8, "application/json");
        using var answer = await one.PostAsync(new Uri("/api/work/leases", UriKind.Relative), content, Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("classes", """["a"]""")]
    [InlineData("classes", """["a", "\u0007"]""")]
    [InlineData("trainExamples", "0")]
    [InlineData("validationExamples", "-1")]
    [InlineData("digest", "\"x\"")]
    [InlineData("classCounts", "[1]")]
    [InlineData("shape", """{"channels": 3, "height": 0, "width": 32}""")]
    [InlineData("build", "\"\"")]
    public async Task What_a_site_can_not_have_is_refused(string field, string value)
    {
        var enrolment = System.Text.Json.Nodes.JsonNode.Parse(ContractJson.Serialize(Enrolment()))!.AsObject();
        enrolment[field] = System.Text.Json.Nodes.JsonNode.Parse(value);
        using var content = new StringContent(enrolment.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
        using var answer = await one.PutAsync(new Uri("/api/work/enrolment", UriKind.Relative), content, Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("../x")]
    [InlineData("A")]
    [InlineData("")]
    public async Task A_site_whose_name_could_be_something_else_is_refused(string name)
    {
        using var answer = await host.SendAsync(HttpMethod.Post, "/api/sites", ContractJson.Serialize(new { name }));

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_report_that_comes_with_an_update_is_taken_as_strictly_as_one_by_itself_and_counts_once()
    {
        var (taken, order) = await TakeAsync();
        var update = await ParametersAsync(taken.Lease);
        var good = Report(order, Sha256(update));
        foreach (var (header, status) in ((string, HttpStatusCode)[])
        [
            ("no Base64!", HttpStatusCode.BadRequest),
            (Encoded(new { examples = 1 }), HttpStatusCode.BadRequest),
            (Encoded(good with { UpdateSha256 = new string('a', 64) }), HttpStatusCode.BadRequest),
            (Encoded(good with { UpdateSha256 = null }), HttpStatusCode.BadRequest),
            (Encoded(good with { Examples = order.Client.TrainExamples + 1 }), HttpStatusCode.UnprocessableEntity),
        ])
        {
            using var refused = await SendAsync(one, header);
            Assert.True(refused.StatusCode == status, $"{header}: {refused.StatusCode}");
        }

        using (var anothers = await SendAsync(two, Encoded(good)))
            Assert.Equal(HttpStatusCode.Gone, anothers.StatusCode);
        Assert.Empty(KeptUpdates());
        using var taking = await SendAsync(one, Encoded(good));
        Assert.Equal((HttpStatusCode.OK, "{\"received\":" + update.Length + ",\"counts\":true}"), (taking.StatusCode, await taking.Content.ReadAsStringAsync(Cancel)));
        using var again = await SendAsync(one, Encoded(good));
        using var said = await CompleteAsync(taken.Lease, good);
        Assert.Equal((HttpStatusCode.Gone, HttpStatusCode.NoContent), (again.StatusCode, said.StatusCode));
        Assert.Single(KeptUpdates());
        Assert.Empty(Uploads());

        async Task<HttpResponseMessage> SendAsync(HttpClient site, string header)
        {
            using var sent = new HttpRequestMessage(HttpMethod.Put, Of(taken.Lease, $"updates/{Sha256(update)}")) { Content = new ByteArrayContent(update) };
            sent.Headers.Add(WorkProtocol.ReportHeader, header);
            return await site.SendAsync(sent, Cancel);
        }

        static string Encoded<T>(T report) => Convert.ToBase64String(ContractJson.SerializeToUtf8(report));
    }

    [Fact]
    public async Task A_third_key_is_refused()
    {
        using var second = await host.SendAsync(HttpMethod.Post, "/api/sites", """{"name": "one"}""");
        using var third = await host.SendAsync(HttpMethod.Post, "/api/sites", """{"name": "one"}""");

        Assert.Equal((HttpStatusCode.Created, HttpStatusCode.Conflict), (second.StatusCode, third.StatusCode));
    }

    private static Enrolment Enrolment() => new(1, Process, "1.0", new ImageShape(3, 32, 32), Classes, 40, 4, new string('a', 64));

    private static async Task EnrolAsync(HttpClient site)
    {
        using var answer = await site.PutAsync(new Uri("/api/work/enrolment", UriKind.Relative), SiteHost.Body(Enrolment()), Cancel);
        Assert.True(answer.StatusCode == HttpStatusCode.NoContent, await answer.Content.ReadAsStringAsync(Cancel));
    }

    /// <summary>Starts a federation of two sites, and takes the work of the first.</summary>
    private async Task<(TakenWork Taken, WorkOrder Order)> TakeAsync()
    {
        await EnrolAsync(one);
        await EnrolAsync(two);
        await host.StartFederationAsync("fed", "one,two", ("notify", null));
        TakenWork? taken = null;
        await SiteHost.UntilAsync(
            async () =>
            {
                using var answer = await one.PostAsync(new Uri("/api/work/leases", UriKind.Relative), SiteHost.Body(new LeaseRequest(1, Process, 1)), Cancel);
                if (answer.StatusCode == HttpStatusCode.OK)
                    taken = ContractJson.Deserialize<TakenWork>(await answer.Content.ReadAsStringAsync(Cancel));
                return taken is not null;
            },
            () => host.Log.ToString());
        var order = ContractJson.Deserialize<WorkOrder>(await one.GetStringAsync(Of(taken!.Lease, "order"), Cancel));
        return (taken, order);
    }

    private async Task<string> SitesAsync()
    {
        using var answer = await host.SendAsync(HttpMethod.Get, "/api/sites", json: null);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    private static Uri Of(string lease, string what) => new($"/api/work/leases/{lease}/{what}", UriKind.Relative);

    private Task<byte[]> ParametersAsync(string lease) => one.GetByteArrayAsync(Of(lease, "parameters"), Cancel);

    private async Task<HttpResponseMessage> PutAsync(string lease, string sha256, byte[] update, ContentRangeHeaderValue? range = null)
    {
        using var content = new ByteArrayContent(update);
        content.Headers.ContentRange = range;
        return await one.PutAsync(Of(lease, $"updates/{sha256}"), content, Cancel);
    }

    private Task<HttpResponseMessage> CompleteAsync(string lease, WorkReport report) => one.PostAsync(Of(lease, "completion"), SiteHost.Body(report), Cancel);

    private static WorkReport Report(WorkOrder order, string? sha256) => new(order.Client.TrainExamples, 1, new Metrics(1, 0.5), sha256);

    private static IEnumerable<HttpRequestMessage> EveryCall(string lease, string sha256, byte[] update, WorkOrder? order)
    {
        foreach (var what in (string[])["order", "parameters", $"updates/{sha256}"])
            yield return new HttpRequestMessage(HttpMethod.Get, Of(lease, what));
        yield return new HttpRequestMessage(HttpMethod.Put, Of(lease, $"updates/{sha256}")) { Content = new ByteArrayContent(update) };
        yield return new HttpRequestMessage(HttpMethod.Post, Of(lease, "renewals")) { Content = SiteHost.Body(new LeaseRenewal(1)) };
        yield return new HttpRequestMessage(HttpMethod.Post, Of(lease, "completion")) { Content = SiteHost.Body(new WorkReport(order?.Client.TrainExamples ?? 1, 1, new Metrics(1, 0.5), sha256)) };
        yield return new HttpRequestMessage(HttpMethod.Post, Of(lease, "failure")) { Content = SiteHost.Body(new WorkFailureReport(WorkFailures.Broken)) };
        yield return new HttpRequestMessage(HttpMethod.Post, Of(lease, "return"));
    }

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private string[] Uploads() => Files("uploads", "*");

    private string[] KeptUpdates() => Files("artifacts/updates", "*.safetensors");

    private string[] Files(string folder, string pattern) =>
        Path.Combine(host.StateFolder, folder) is var path && Directory.Exists(path) ? Directory.GetFiles(path, pattern, SearchOption.AllDirectories) : [];
}
