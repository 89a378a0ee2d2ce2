using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using FlDurable.Api.Tests.Support;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests;

/// <summary>Downloads.</summary>
public sealed class ModelTests(SharedHost shared)
{
    private readonly ApiHost host = shared.Host;

    [Fact]
    public async Task A_model_is_known_by_its_hash_and_is_not_sent_to_who_has_it()
    {
        var federation = await host.FinishAsync(ApiHost.Spec("tags"));
        using var whole = await host.GetAsync("/api/federations/tags/model");
        var content = await whole.BytesAsync();
        var tag = whole.Headers.ETag!;

        using var again = await SendAsync("/api/federations/tags/model", headers => headers.IfNoneMatch.Add(tag));
        using var other = await SendAsync(
            "/api/federations/tags/model", headers => headers.IfNoneMatch.Add(new EntityTagHeaderValue("\"other\"")));
        using var lost = await SendAsync("/api/federations/tags/model", headers => headers.IfMatch.Add(new EntityTagHeaderValue("\"other\"")));

        Assert.Equal($"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\"", tag.Tag);
        Assert.Equal(federation["model"]!["length"]!.GetValue<long>(), content.Length);
        Assert.Equal("tags.safetensors", whole.Content.Headers.ContentDisposition?.FileNameStar);
        Assert.Equal(HttpStatusCode.NotModified, again.StatusCode);
        Assert.Empty(await again.BytesAsync());
        Assert.Equal(content, await other.BytesAsync());
        await lost.ProblemAsync(HttpStatusCode.PreconditionFailed);
    }

    [Fact]
    public async Task Parts_of_a_model_are_served_and_make_the_whole()
    {
        await host.FinishAsync(ApiHost.Spec("parts"));
        using var whole = await host.GetAsync("/api/federations/parts/model");
        var content = await whole.BytesAsync();

        using var first = await SendAsync("/api/federations/parts/model", headers => headers.Range = new RangeHeaderValue(0, 99_999));
        using var rest = await SendAsync("/api/federations/parts/model", headers =>
        {
            headers.Range = new RangeHeaderValue(100_000, null);
            headers.IfRange = new RangeConditionHeaderValue(whole.Headers.ETag!);
        });
        using var beyond = await SendAsync("/api/federations/parts/model", headers => headers.Range = new RangeHeaderValue(content.Length, null));
        using var changed = await SendAsync("/api/federations/parts/model", headers =>
        {
            headers.Range = new RangeHeaderValue(0, 9);
            headers.IfRange = new RangeConditionHeaderValue("\"other\"");
        });
        using var lines = await SendAsync("/api/federations/parts/model", headers => headers.Range = new RangeHeaderValue(0, 9) { Unit = "lines" });

        Assert.Equal((HttpStatusCode.PartialContent, HttpStatusCode.PartialContent), (first.StatusCode, rest.StatusCode));
        Assert.Equal(content, (byte[])[.. await first.BytesAsync(), .. await rest.BytesAsync()]);
        await beyond.ProblemAsync(HttpStatusCode.RequestedRangeNotSatisfiable);
        Assert.Equal((content.Length, null), (beyond.Content.Headers.ContentRange?.Length, beyond.Content.Headers.ContentDisposition));
        Assert.Equal(content, await changed.BytesAsync());
        Assert.Equal(content, await lines.BytesAsync());
        Assert.All([whole, first, changed], answer => Assert.Equal("no-cache, private", answer.Headers.CacheControl?.ToString()));
    }

    [Theory]
    [InlineData("GET", "Sat, 28 Nov 2026 20:00:00 GMT", HttpStatusCode.OK)]
    [InlineData("GET", "garbage", HttpStatusCode.OK)]
    [InlineData("GET", "{0}", HttpStatusCode.OK)]
    [InlineData("GET", "W/\"{0}\"", HttpStatusCode.OK)]
    [InlineData("GET", "\"{0}\"", HttpStatusCode.PartialContent)]
    [InlineData("HEAD", null, HttpStatusCode.OK)]
    [InlineData("HEAD", "\"{0}\"", HttpStatusCode.OK)]
    public async Task A_part_is_sent_to_GET_alone_and_only_if_the_file_is_the_one_that_was_meant(string method, string? ifRange, HttpStatusCode status)
    {
        using var started = await host.StartAsync(ApiHost.Spec("meant"));
        var sha256 = (await host.WaitAsync("meant"))["model"]!["sha256"]!.GetValue<string>();
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri("/api/federations/meant/model", UriKind.Relative));
        request.Headers.Range = new RangeHeaderValue(0, 9);
        if (ifRange is not null)
            request.Headers.TryAddWithoutValidation("If-Range", ifRange.Replace("{0}", sha256, StringComparison.Ordinal));

        using var answer = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((status, status == HttpStatusCode.PartialContent), (answer.StatusCode, answer.Content.Headers.ContentLength == 10));
    }

    [Theory]
    [InlineData("garbage", HttpStatusCode.PreconditionFailed)]
    [InlineData("\"open", HttpStatusCode.PreconditionFailed)]
    [InlineData("*", HttpStatusCode.OK)]
    public async Task An_If_Match_that_can_not_be_read_matches_nothing(string ifMatch, HttpStatusCode status)
    {
        using var started = await host.StartAsync(ApiHost.Spec("matched"));
        await host.WaitAsync("matched");

        using var answer = await SendAsync("/api/federations/matched/model", headers => headers.TryAddWithoutValidation("If-Match", ifMatch));

        Assert.Equal(status, answer.StatusCode);
        if (status == HttpStatusCode.PreconditionFailed)
            await answer.ProblemAsync(status);
    }

    [Theory]
    [InlineData("model")]
    [InlineData("rounds/1/model")]
    public async Task A_model_can_be_asked_about_without_its_content(string model)
    {
        var id = $"asked-{model.Length}";
        await host.FinishAsync(ApiHost.Spec(id));
        using var whole = await host.GetAsync($"/api/federations/{id}/{model}");
        using var request = new HttpRequestMessage(HttpMethod.Head, $"/api/federations/{id}/{model}");

        using var head = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, whole.Headers.ETag), (head.StatusCode, head.Headers.ETag));
        Assert.Equal((await whole.BytesAsync()).Length, head.Content.Headers.ContentLength);
        Assert.Empty(await head.BytesAsync());
    }

    [Fact]
    public async Task Each_rounds_parameters_are_those_of_its_record()
    {
        var federation = await host.FinishAsync(ApiHost.Spec("each"));

        foreach (var (round, sha256) in federation.Parameters().Index())
        {
            using var answer = await host.GetAsync($"/api/federations/each/rounds/{round}/model");
            Assert.Equal(sha256, Convert.ToHexStringLower(SHA256.HashData(await answer.BytesAsync())));
            Assert.Equal($"\"{sha256}\"", answer.Headers.ETag?.Tag);
        }
    }

    [Fact]
    public async Task Parameters_that_are_not_kept_or_not_there_yet_are_not_found()
    {
        await host.FinishAsync(ApiHost.Spec("kept", ("retention", "last:1")));
        using var held = await host.StartAsync(ApiHost.Spec("no-model-yet", ("rounds", 1_000_000)));

        using var old = await host.GetAsync("/api/federations/kept/rounds/1/model");
        using var last = await host.GetAsync("/api/federations/kept/rounds/2/model");
        using var never = await host.GetAsync("/api/federations/kept/rounds/3/model");
        using var early = await host.GetAsync("/api/federations/no-model-yet/model");
        using var terminated = await host.PostAsync("/api/federations/no-model-yet/terminate");

        await old.ProblemAsync(HttpStatusCode.NotFound);
        Assert.EndsWith("its retention does not keep them", (await old.JsonAsync())["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, last.StatusCode);
        await never.ProblemAsync(HttpStatusCode.NotFound);
        Assert.EndsWith("it is not recorded (yet)", (await never.JsonAsync())["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        await early.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Of_a_model_no_more_is_read_than_is_sent()
    {
        using var folder = new TestFolder();
        var store = new WatchedStore(folder["artifacts"]);
        await using var own = await ApiHost.StartAsync(services => services.AddSingleton<IArtifactStore>(store));
        await own.FinishAsync(ApiHost.Spec("watched"));
        store.Forget();

        using var part = await SendAsync(own, "/api/federations/watched/model", headers => headers.Range = new RangeHeaderValue(1_000, 1_099));
        Assert.Equal(100, (await part.BytesAsync()).Length);
        Assert.Equal([(1_000L, 100)], store.Parts);

        using var known = await SendAsync(own, "/api/federations/watched/model", headers => headers.IfNoneMatch.Add(part.Headers.ETag!));
        Assert.Equal((HttpStatusCode.NotModified, 1), (known.StatusCode, store.Parts.Count));
        Assert.Equal(0, store.Wholes);
    }

    [Fact]
    public async Task A_model_that_can_not_be_read_is_a_problem_and_no_file()
    {
        using var folder = new TestFolder();
        var store = new WatchedStore(folder["artifacts"]);
        await using var own = await ApiHost.StartAsync(services => services.AddSingleton<IArtifactStore>(store));
        await own.FinishAsync(ApiHost.Spec("unreadable"));
        store.IsAway = true;

        using var answer = await own.GetAsync("/api/federations/unreadable/model");

        await answer.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Null(answer.Headers.ETag);
        Assert.Null(answer.Content.Headers.ContentDisposition);
    }

    [Theory]
    [InlineData("model.safetensors", "model", "rounds 0, 1 and 2")]
    [InlineData("rounds/000001/global.safetensors", "rounds/1/model", "rounds 0 and 2")]
    [InlineData("rounds/000001/record.json", "rounds/1/model", "rounds 0 and 2")]
    public async Task Of_damaged_parameters_there_is_neither_a_file_nor_a_tag(string artifact, string path, string whole)
    {
        await using var own = await ApiHost.StartAsync();
        await own.FinishAsync(ApiHost.Spec("damaged"));
        Damage(own, $"damaged/{artifact}");

        foreach (var method in (HttpMethod[])[HttpMethod.Get, HttpMethod.Head])
        {
            using var request = new HttpRequestMessage(method, $"/api/federations/damaged/{path}");
            using var answer = await own.Client.SendAsync(request, TestContext.Current.CancellationToken);
            Assert.Equal((HttpStatusCode.InternalServerError, null), (answer.StatusCode, answer.Headers.ETag));
            Assert.Null(answer.Content.Headers.ContentDisposition);
            if (method == HttpMethod.Get)
                Assert.EndsWith($"whole are the parameters of {whole}", (await answer.JsonAsync())["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        }

        using var known = await SendAsync(own, $"/api/federations/damaged/{path}", headers => headers.IfNoneMatch.Add(EntityTagHeaderValue.Any));
        Assert.Equal(HttpStatusCode.InternalServerError, known.StatusCode);
    }

    [Fact]
    public async Task Parameters_that_are_kept_and_are_gone_are_not_blamed_on_the_retention()
    {
        await using var own = await ApiHost.StartAsync();
        await own.FinishAsync(ApiHost.Spec("gone", ("retention", "last:2")));
        File.Delete(Path.Combine(own.StateFolder, "artifacts/federations/gone/rounds/000001/global.safetensors"));

        using var answer = await own.GetAsync("/api/federations/gone/rounds/1/model");

        await answer.ProblemAsync(HttpStatusCode.InternalServerError);
        Assert.EndsWith(
            "is missing: it was written, and is gone; whole are the parameters of round 2", (await answer.JsonAsync())["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_branch_begins_from_damaged_parameters()
    {
        await using var own = await ApiHost.StartAsync();
        await own.FinishAsync(ApiHost.Spec("rotten"));
        Damage(own, "rotten/rounds/000001/global.safetensors");

        using var refused = await own.PostAsync("/api/federations/rotten/branch", """{"round":1,"id":"shoot"}""");
        using var shoot = await own.GetAsync("/api/federations/shoot");

        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        Assert.Contains("whole are the parameters of rounds 0 and 2", (await refused.JsonAsync())["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        await shoot.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Damage_is_told_where_a_federation_is_looked_at()
    {
        await using var own = await ApiHost.StartAsync();
        await own.FinishAsync(ApiHost.Spec("looked-at"));
        Damage(own, "looked-at/model.safetensors");
        Damage(own, "looked-at/rounds/000001/record.json");

        using var answer = await own.GetAsync("/api/federations/looked-at");
        using var round = await own.GetAsync("/api/federations/looked-at/rounds/1");
        var federation = await answer.JsonAsync();

        Assert.Equal([0, 2], federation["rounds"]!.AsArray().Select(each => each!["round"]!.GetValue<int>()));
        Assert.Null(federation["model"]);
        Assert.Equal(2, federation["damage"]!.AsArray().Count);
        Assert.Equal(HttpStatusCode.InternalServerError, round.StatusCode);
        Assert.Contains("rounds/000001/record.json' is damaged", (await round.JsonAsync())["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_gone_is_told_and_is_no_purge()
    {
        await using var own = await ApiHost.StartAsync();
        await own.FinishAsync(ApiHost.Spec("robbed"));
        var folder = Path.Combine(own.StateFolder, "artifacts", "federations", "robbed");
        File.Delete(Path.Combine(folder, "spec.json"));
        File.Delete(Path.Combine(folder, "rounds", "000001", "record.json"));

        using var answer = await own.GetAsync("/api/federations/robbed");
        var federation = await answer.JsonAsync();

        Assert.Equal([0, 2], federation["rounds"]!.AsArray().Select(each => each!["round"]!.GetValue<int>()));
        Assert.Equal(
            ["artifact 'federations/robbed/rounds/000001/record.json' is missing: it was written, and is gone",
                "artifact 'federations/robbed/spec.json' is missing: it was written, and is gone"],
            federation["damage"]!.AsArray().Select(each => each!.GetValue<string>()));
    }

    [Fact]
    public async Task A_download_whose_content_turns_out_to_be_damaged_does_not_look_whole()
    {
        using var folder = new TestFolder();
        var store = new WatchedStore(folder["artifacts"]);
        await using var own = await ApiHost.StartAsync(services => services.AddSingleton<IArtifactStore>(store));
        await own.FinishAsync(ApiHost.Spec("half-way"));
        store.DamagesParts = true;

        using var answer = await own.Client.GetAsync(
            new Uri("/api/federations/half-way/model", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);

        await Assert.ThrowsAnyAsync<Exception>(() => answer.BytesAsync());
    }

    /// <summary>Changes a digit, or some byte, behind the host's back.</summary>
    private static void Damage(ApiHost host, string name)
    {
        var path = Path.Combine(host.StateFolder, "artifacts", "federations", name);
        var content = File.ReadAllBytes(path);
        var ofRecord = content.AsSpan().IndexOf("\"datasetDigest\""u8); // times, which are in a record's middle, no seal has
        var at = Array.FindIndex(content, ofRecord >= 0 ? ofRecord : content.Length / 2, value => value is >= (byte)'0' and <= (byte)'9');
        content[at] = (byte)(content[at] == '1' ? '2' : '1');
        File.WriteAllBytes(path, content);
    }

    private Task<HttpResponseMessage> SendAsync(string path, Action<HttpRequestHeaders> configure) => SendAsync(host, path, configure);

    private static async Task<HttpResponseMessage> SendAsync(ApiHost host, string path, Action<HttpRequestHeaders> configure)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        configure(request.Headers);
        return await host.Client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
