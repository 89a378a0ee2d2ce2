using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace FlDurable.Api.Tests.Contract;

/// <summary>What every host of the API answers, each of its answers being as its document has it.</summary>
public abstract class ContractTests : IAsyncLifetime
{
    private const string Federations = "/api/federations";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(20);

    private IContractHost? host;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private HttpClient Client => host!.Client;

    public async ValueTask InitializeAsync() => host = await StartAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (host is not null)
            await host.DisposeAsync();
        PutAway();
    }

    [Fact]
    public async Task A_start_is_accepted_found_again_and_refused_with_another_spec()
    {
        using var started = await StartAsync("a", rounds: 1);
        using var again = await StartAsync("a", rounds: 1);
        using var other = await StartAsync("a", rounds: 2);
        using var unnamed = await PostAsync(Federations, """{"data":"synthetic:train=300,test=40","clients":3,"rounds":1}""");

        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        Assert.Equal($"{Federations}/a", started.Headers.Location!.OriginalString);
        Assert.NotNull(started.Headers.RetryAfter);
        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, other.StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, unnamed.StatusCode);
        Assert.Equal("completed", (string?)(await UntilOverAsync("a"))["status"]);
        Assert.Equal("completed", (string?)(await UntilOverAsync((string)(await JsonAsync(unnamed))["id"]!))["status"]);
    }

    [Fact]
    public async Task Whoever_asks_for_one_that_is_not_over_is_told_when_to_ask_again()
    {
        using var started = await StartAsync("a", rounds: 100_000);
        using var running = await GetAsync($"{Federations}/a");
        Assert.NotNull(running.Headers.RetryAfter);

        using var terminated = await PostAsync($"{Federations}/a/terminate?reason=enough");
        await UntilAsync("a", federation => (string?)federation["status"] == "terminated");
        using var over = await GetAsync($"{Federations}/a");
        Assert.Null(over.Headers.RetryAfter);
    }

    [Fact]
    public async Task Lists_are_oldest_or_newest_first_and_have_what_every_filter_leaves()
    {
        string[] ids = ["ward-1", "lab-1", "ward-2", "lab-2", "ward-3"];
        var times = new List<string>();
        foreach (var id in ids)
        {
            using var started = await StartAsync(id, rounds: 1);
            times.Add((string)(await JsonAsync(started))["createdAt"]!);
        }

        foreach (var id in ids)
            await UntilOverAsync(id);

        Assert.Equal(ids.Reverse(), await ListAsync("order=newest"));
        Assert.Equal(ids.Reverse(), await ListAsync("order=newest&pageSize=2"));
        Assert.Equal(ids.Reverse(), await ListAsync("order=newest&pageSize=5"));
        Assert.Equal(ids.Order(), (await ListAsync("pageSize=2")).Order());
        Assert.Equal(ids, await ListAsync("order=oldest&status=&idPrefix=&createdAfter=&createdBefore="));
        Assert.Equal(["ward-3", "ward-2", "ward-1"], await ListAsync("order=newest&idPrefix=ward-"));
        Assert.Equal(["ward-3", "ward-2", "ward-1"], await ListAsync("order=newest&idPrefix=ward-&status=completed&pageSize=1"));
        Assert.Equal(["ward-2", "lab-2", "ward-3"], await ListAsync($"createdAfter={Uri.EscapeDataString(times[1])}"));
        Assert.Equal(["lab-1", "ward-1"], await ListAsync($"order=newest&createdBefore={times[2]}")); // with its + as it is
        Assert.Equal(["ward-2"], await ListAsync($"idPrefix=ward&createdAfter={Uri.EscapeDataString(times[0])}&createdBefore={Uri.EscapeDataString(times[4])}"));
        Assert.Equal([], await ListAsync("order=newest&status=failed"));
    }

    [Theory]
    [InlineData("order=fastest", "order")]
    [InlineData("idPrefix=Ward", "idPrefix")]
    [InlineData("createdAfter=yesterday", "createdAfter")]
    [InlineData("createdBefore=2026-01-31T12:00:00", "createdBefore")]
    [InlineData("createdBefore=2026-01-31", "createdBefore")]
    [InlineData("pageSize=0", "pageSize")]
    [InlineData("status=over", "status")]
    [InlineData("continuationToken=x", "continuationToken")]
    [InlineData("order=newest&continuationToken=x", "continuationToken")]
    [InlineData("order=newest&continuationToken=1-A", "continuationToken")]
    [InlineData("order=newest&continuationToken=99999999999999999999-a", "continuationToken")]
    public async Task What_a_list_can_not_be_asked_for_is_named(string query, string field)
    {
        using var answer = await GetAsync($"{Federations}?{query}");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal([field], (await JsonAsync(answer))["errors"]!.AsObject().Select(error => error.Key));
    }

    [Fact]
    public async Task Rounds_are_listed_in_pages_either_way_and_each_leads_to_its_record()
    {
        using var started = await StartAsync("a", rounds: 4);
        await UntilOverAsync("a");

        foreach (var pageSize in (int[])[1, 2, 4, 5, 1000])
        {
            Assert.Equal([0, 1, 2, 3, 4], await RoundsAsync($"pageSize={pageSize}"));
            Assert.Equal([4, 3, 2, 1, 0], await RoundsAsync($"pageSize={pageSize}&order=newest"));
        }

        using var page = await GetAsync($"{Federations}/a/rounds?order=newest&pageSize=1");
        var newest = (await JsonAsync(page))["rounds"]!.AsArray().Single()!;
        using var record = await GetAsync((string)newest["href"]!);
        Assert.Equal((string?)newest["parametersSha256"], (string?)(await JsonAsync(record))["parametersSha256"]);

        using var beyond = await GetAsync($"{Federations}/a/rounds?continuationToken=9");
        Assert.Empty((await JsonAsync(beyond))["rounds"]!.AsArray());
        using var absent = await GetAsync($"{Federations}/b/rounds");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        using var wrong = await GetAsync($"{Federations}/a/rounds?order=x&pageSize=1001&continuationToken=-1");
        Assert.Equal(["order", "pageSize", "continuationToken"], (await JsonAsync(wrong))["errors"]!.AsObject().Select(error => error.Key));
    }

    [Fact]
    public async Task Models_are_served_whole_in_part_and_on_a_condition()
    {
        using var started = await StartAsync("a", rounds: 1);
        var model = (await UntilOverAsync("a"))["model"]!;
        var (path, tag) = ((string)model["href"]!, $"\"{(string)model["sha256"]!}\"");

        using var whole = await GetAsync(path);
        var content = await whole.Content.ReadAsByteArrayAsync(Cancel);
        Assert.Equal(tag, $"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\"");
        using var head = await SendAsync(HttpMethod.Head, path);
        Assert.Equal(content.Length, head.Content.Headers.ContentLength);
        using var part = await SendAsync(HttpMethod.Get, path, ("Range", "bytes=8-15"));
        Assert.Equal(content[8..16], await part.Content.ReadAsByteArrayAsync(Cancel));
        foreach (var (header, value, status) in ((string, string, HttpStatusCode)[])
            [
                ("If-None-Match", tag, HttpStatusCode.NotModified), ("If-Match", "\"another\"", HttpStatusCode.PreconditionFailed),
                ("Range", $"bytes={content.Length}-", HttpStatusCode.RequestedRangeNotSatisfiable),
            ])
        {
            using var answer = await SendAsync(HttpMethod.Get, path, (header, value));
            Assert.Equal(status, answer.StatusCode);
        }

        using var initial = await GetAsync($"{Federations}/a/rounds/0/model");
        Assert.Equal(HttpStatusCode.OK, initial.StatusCode);
    }

    [Fact]
    public async Task One_is_held_let_go_branched_ended_and_removed()
    {
        using var started = await StartAsync("a", rounds: 100_000);
        await UntilAsync("a", federation => (int?)federation["progress"]?["round"] >= 1);
        using var early = await SendAsync(HttpMethod.Delete, $"{Federations}/a");
        Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);
        foreach (var verb in (string[])["suspend", "suspend", "resume", "resume"])
        {
            using var told = await PostAsync($"{Federations}/a/{verb}");
            Assert.Equal(HttpStatusCode.Accepted, told.StatusCode);
        }

        using var branch = await PostAsync($"{Federations}/a/branch", """{"id":"b","round":1,"rounds":1,"strategy":{"name":"fedavgm","serverMomentum":0.5}}""");
        Assert.Equal(HttpStatusCode.Accepted, branch.StatusCode);
        Assert.Equal("fedavgm", (string?)(await UntilOverAsync("b"))["spec"]!["strategy"]!["name"]);

        using var terminated = await PostAsync($"{Federations}/a/terminate?reason=enough");
        Assert.Equal("enough", (string?)(await UntilOverAsync("a"))["failure"]);
        using var late = await PostAsync($"{Federations}/a/resume");
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        using var noModel = await GetAsync($"{Federations}/a/model");
        Assert.Equal(HttpStatusCode.NotFound, noModel.StatusCode);
        using var removed = await SendAsync(HttpMethod.Delete, $"{Federations}/a");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        using var gone = await GetAsync($"{Federations}/a");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task One_that_has_failed_is_retried_and_keeps_what_it_had_failed_of()
    {
        using var started = await PostAsync(Federations, """{"id":"a","data":"synthetic:train=30,test=40","clients":300,"rounds":1}""");
        var failed = await UntilAsync("a", federation => (string?)federation["status"] == "failed");

        using var retried = await PostAsync($"{Federations}/a/retry");
        Assert.Equal(HttpStatusCode.Accepted, retried.StatusCode);
        Assert.Equal($"{Federations}/a", retried.Headers.Location!.OriginalString);
        var again = await UntilAsync("a", federation => (string?)federation["status"] == "failed" && federation["pastFailures"] is not null);
        var past = again["pastFailures"]!.AsArray().Single()!;
        Assert.Equal((0, (string?)failed["failure"]), ((int?)past["round"], (string?)past["reason"]));
        Assert.Equal((string?)failed["createdAt"], (string?)again["createdAt"]);

        using var running = await StartAsync("b", rounds: 100_000);
        using var left = await PostAsync($"{Federations}/b/retry");
        Assert.Equal(HttpStatusCode.Accepted, left.StatusCode);
        using var terminated = await PostAsync($"{Federations}/b/terminate");
        await UntilAsync("b", federation => (string?)federation["status"] == "terminated");
        using var over = await PostAsync($"{Federations}/b/retry");
        Assert.Equal(HttpStatusCode.Conflict, over.StatusCode);
        using var absent = await PostAsync($"{Federations}/c/retry");
        Assert.Equal(HttpStatusCode.NotFound, absent.StatusCode);
        using var impossible = await PostAsync($"{Federations}/C/retry");
        Assert.Equal(HttpStatusCode.BadRequest, impossible.StatusCode);
    }

    [Theory]
    [InlineData("""{"clients":"ten","rounds":0,"epoch":1}""", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("""{"clients":""", "application/json", HttpStatusCode.BadRequest)]
    [InlineData("clients=10", "application/x-www-form-urlencoded", HttpStatusCode.UnsupportedMediaType)]
    public async Task A_body_that_is_no_spec_is_refused(string body, string mediaType, HttpStatusCode status)
    {
        using var content = new StringContent(body, Encoding.UTF8, mediaType);
        using var answer = await Client.PostAsync(new Uri(Federations, UriKind.Relative), content, Cancel);
        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_that_is_too_long_is_refused()
    {
        using var answer = await PostAsync(Federations, $$"""{"data":"{{new string('x', 1 << 20)}}"}""");
        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Theory]
    [InlineData("gzip", "gzip")]
    [InlineData("gzip, br", "br")]
    [InlineData("gzip;q=1, br;q=0.5", "gzip")]
    [InlineData("br;q=0, *", "gzip")]
    [InlineData("zstd", null)]
    [InlineData("identity", null)]
    [InlineData("gzip;q=0", null)]
    public async Task JSON_is_compressed_for_who_takes_it_so_and_models_are_not(string accepted, string? coding)
    {
        using var started = await StartAsync("a", rounds: 5);
        var details = await UntilOverAsync("a");

        foreach (var path in (string[])[$"{Federations}/a", $"{Federations}/a/rounds", "/api/openapi.json", "/api/docs"])
        {
            using var plain = await GetAsync(path);
            using var coded = await SendAsync(HttpMethod.Get, path, ("Accept-Encoding", accepted));

            Assert.Equal(coding is null ? [] : [coding], coded.Content.Headers.ContentEncoding);
            Assert.Contains("Accept-Encoding", coded.Headers.Vary);
            Assert.Contains("Accept-Encoding", plain.Headers.Vary);
            var (whole, sent) = (await plain.Content.ReadAsByteArrayAsync(Cancel), await coded.Content.ReadAsByteArrayAsync(Cancel));
            Assert.Equal(whole, CodedContent.Decode(sent, coding));
            Assert.True(coding is null || sent.Length < whole.Length, $"{path}: {whole.Length} bytes became {sent.Length}");
            Assert.Equal(plain.Headers.ETag is null, coded.Headers.ETag is null);
            if (coding is not null && plain.Headers.ETag is { } tag)
                Assert.NotEqual(tag, coded.Headers.ETag);
        }

        using var model = await SendAsync(HttpMethod.Get, (string)details["model"]!["href"]!, ("Accept-Encoding", accepted));
        Assert.Empty(model.Content.Headers.ContentEncoding);
        using var refusal = await SendAsync(HttpMethod.Get, $"{Federations}/absent", ("Accept-Encoding", accepted));
        Assert.Empty(refusal.Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task What_is_looked_at_again_is_sent_when_it_has_changed_alone()
    {
        using var started = await StartAsync("a", rounds: 5);
        await UntilOverAsync("a");

        foreach (var path in (string[])[Federations, .. ((string[])["", "/rounds", "/rounds/1", "/clients", "/division"]).Select(part => $"{Federations}/a{part}")])
        {
            foreach (var coding in (string[])["identity", "br"])
            {
                using var first = await SendAsync(HttpMethod.Get, path, ("Accept-Encoding", coding));
                var tag = first.Headers.ETag!.ToString();
                using var again = await SendAsync(HttpMethod.Get, path, ("Accept-Encoding", coding), ("If-None-Match", $"\"another\", {tag}"));
                using var other = await SendAsync(HttpMethod.Get, path, ("Accept-Encoding", coding), ("If-None-Match", "\"another\""));

                Assert.Equal((HttpStatusCode.NotModified, tag, true), (again.StatusCode, again.Headers.ETag?.ToString(), again.Headers.CacheControl?.NoStore));
                Assert.Empty(await again.Content.ReadAsByteArrayAsync(Cancel));
                Assert.Contains("Accept-Encoding", again.Headers.Vary);
                Assert.Equal((HttpStatusCode.OK, tag), (other.StatusCode, other.Headers.ETag?.ToString()));
            }
        }

        using var before = await GetAsync(Federations);
        using var another = await StartAsync("b", rounds: 1);
        using var after = await SendAsync(HttpMethod.Get, Federations, ("If-None-Match", before.Headers.ETag!.ToString()));
        Assert.Equal(HttpStatusCode.OK, after.StatusCode);
        Assert.Null(another.Headers.ETag);
        await UntilOverAsync("b");
    }

    [Fact]
    public async Task The_page_is_found_with_a_slash_at_the_end_too()
    {
        using var answer = await GetAsync("/api/docs/");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("/api/docs", answer.RequestMessage!.RequestUri!.AbsolutePath);
    }

    /// <summary>Starts a host with nothing in it.</summary>
    protected abstract Task<IContractHost> StartAsync();

    /// <summary>Removes what the host leaves.</summary>
    protected virtual void PutAway()
    {
    }

    private static async Task<JsonObject> JsonAsync(HttpResponseMessage answer) => JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!.AsObject();

    private Task<HttpResponseMessage> StartAsync(string id, int rounds) =>
        PostAsync(Federations, $$"""{"id":"{{id}}","data":"synthetic:train=300,test=40","clients":3,"rounds":{{rounds}}}""");

    private Task<HttpResponseMessage> GetAsync(string path) => SendAsync(HttpMethod.Get, path);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await Client.SendAsync(request, Cancel);
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string? json = null)
    {
        using var content = json is null ? null : new StringContent(json, new MediaTypeHeaderValue("application/json"));
        return await Client.PostAsync(new Uri(path, UriKind.Relative), content, Cancel);
    }

    private Task<JsonObject> UntilOverAsync(string id) => UntilAsync(id, federation => (string?)federation["status"] is "completed" or "failed" or "terminated");

    private async Task<JsonObject> UntilAsync(string id, Func<JsonObject, bool> holds)
    {
        using var poll = new PeriodicTimer(PollInterval);
        while (true)
        {
            using var answer = await GetAsync($"{Federations}/{id}");
            var federation = await JsonAsync(answer);
            if (holds(federation))
                return federation;
            if (federation["pastFailures"] is null && federation["spec"]?["clients"]?.GetValue<int>() < 100)
                Assert.NotEqual("failed", (string?)federation["status"]);
            await poll.WaitForNextTickAsync(Cancel);
        }
    }

    private async Task<List<string>> ListAsync(string query) =>
        [.. await PagesAsync($"{Federations}?{query}", page => page["federations"]!.AsArray().Select(federation => (string)federation!["id"]!))];

    private async Task<List<int>> RoundsAsync(string query) =>
        [.. await PagesAsync($"{Federations}/a/rounds?{query}", page => page["rounds"]!.AsArray().Select(round => (int)round!["round"]!))];

    private async Task<List<T>> PagesAsync<T>(string path, Func<JsonObject, IEnumerable<T>> itemsOf)
    {
        var items = new List<T>();
        string? token = null;
        do
        {
            using var answer = await GetAsync(token is null ? path : $"{path}&continuationToken={Uri.EscapeDataString(token)}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var page = await JsonAsync(answer);
            items.AddRange(itemsOf(page));
            token = (string?)page["continuationToken"];
        }
        while (token is not null);
        return items;
    }
}
