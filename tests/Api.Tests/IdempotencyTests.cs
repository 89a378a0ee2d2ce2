using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests;

/// <summary>Many sends of one start are one federation.</summary>
public sealed class IdempotencyTests(SharedHost shared)
{
    private const string Start = "/api/federations";
    private readonly ApiHost host = shared.Host;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_comes_again_with_its_key_is_the_same_start_and_another_with_it_is_told_where_it_differs()
    {
        using var first = await SendAsync(host, "once", Spec());
        using var quoted = await SendAsync(host, "\"once\"", Spec());
        using var other = await SendAsync(host, "once", Spec(("rounds", 3)));
        using var another = await SendAsync(host, "twice", Spec());

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.OK, HttpStatusCode.Accepted), (first.StatusCode, quoted.StatusCode, another.StatusCode));
        Assert.Equal(await IdAsync(first), await IdAsync(quoted));
        Assert.NotEqual(await IdAsync(first), await IdAsync(another));
        Assert.Equal(["rounds"], (await other.ProblemAsync(HttpStatusCode.UnprocessableEntity)).Select(field => field.Key));
        Assert.Equal("/problems/idempotency-key-reused", (await other.JsonAsync())["type"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_start_with_an_id_has_its_lock_already()
    {
        using var first = await SendAsync(host, "named", ApiHost.Spec("named-first"));
        using var second = await SendAsync(host, "named", ApiHost.Spec("named-second"));
        using var conflict = await SendAsync(host, "named", ApiHost.Spec("named-first", ("rounds", 3)));

        Assert.Equal(("named-first", "named-second"), (await IdAsync(first), await IdAsync(second)));
        await conflict.ProblemAsync(HttpStatusCode.Conflict);
    }

    [Fact]
    public async Task A_branch_has_one_too()
    {
        await host.FinishAsync(ApiHost.Spec("branched-by-key"));
        const string branch = "/api/federations/branched-by-key/branch";
        using var first = await SendAsync(host, "branch", new JsonObject { ["round"] = 1 }, branch);
        using var again = await SendAsync(host, "branch", new JsonObject { ["round"] = 1 }, branch);
        using var other = await SendAsync(host, "branch", new JsonObject { ["round"] = 2 }, branch);

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.OK), (first.StatusCode, again.StatusCode));
        Assert.Equal(await IdAsync(first), await IdAsync(again));
        Assert.Equal(["round"], (await other.ProblemAsync(HttpStatusCode.UnprocessableEntity)).Select(field => field.Key));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"\"")]
    [InlineData("two words")]
    [InlineData("a, b")]
    [InlineData(256)]
    public async Task A_key_that_is_none_is_refused(object given)
    {
        var key = given is int length ? new string('k', length) : (string)given;
        using var answer = await SendAsync(host, key, Spec());

        Assert.Equal(["Idempotency-Key"], (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(field => field.Key));
    }

    [Fact]
    public void Two_callers_keys_are_two()
    {
        var id = IdempotencyKey.IdOf("caller", "key");

        Assert.True(ArtifactNames.IsId(id), id);
        Assert.Equal(id, IdempotencyKey.IdOf("caller", "key"));
        Assert.Distinct([id, IdempotencyKey.IdOf("other", "key"), IdempotencyKey.IdOf("caller", "other"), IdempotencyKey.IdOf("callerk", "ey")]);
    }

    [Fact]
    public async Task Fifty_sends_at_once_to_a_host_that_dies_in_the_middle_make_one_federation_once_they_are_sent_again()
    {
        using var folder = new TestFolder();
        var killed = new TaskCompletionSource();
        var dying = await ApiHost.StartAsync(
            services => services.Decorate<IArtifactStore>(store => new DyingStore(store, name => name.EndsWith("/spec.json", StringComparison.Ordinal), killed)),
            needsKey: false, folder: folder.Path);
        var sends = Enumerable.Range(0, 50).Select(_ => Task.Run(() => SendAsync(dying, "fifty", Spec()))).ToList();
        await killed.Task.WaitAsync(Cancel);
        await dying.DisposeAsync();
        foreach (var send in sends)
            await send.ContinueWith(sent => sent.IsCompletedSuccessfully ? sent.Result.StatusCode : HttpStatusCode.ServiceUnavailable, TaskScheduler.Default);

        await using var next = await ApiHost.StartAsync(needsKey: false, folder: folder.Path);
        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(() => SendAsync(next, "fifty", Spec()))));
        var ids = new HashSet<string>();
        foreach (var answer in answers)
        {
            Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.OK]);
            ids.Add(await IdAsync(answer));
            answer.Dispose();
        }

        Assert.Single(ids);
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Accepted);
        Assert.Equal("completed", (await next.WaitAsync(ids.Single())).Status());
        using var list = await next.GetAsync(Start);
        Assert.Single((await list.JsonAsync())["federations"]!.AsArray());
        Assert.Single(Directory.GetDirectories(Path.Combine(next.StateFolder, "artifacts", "federations")));
    }

    private static async Task<string> IdAsync(HttpResponseMessage answer) => (await answer.JsonAsync())["id"]!.GetValue<string>();

    private static JsonObject Spec(params (string Field, JsonNode? Value)[] fields)
    {
        var spec = ApiHost.Spec("none", fields);
        spec.Remove("id");
        return spec;
    }

    private static async Task<HttpResponseMessage> SendAsync(ApiHost host, string key, JsonObject spec, string path = Start)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(path, UriKind.Relative))
        {
            Content = new StringContent(spec.ToJsonString(), Encoding.UTF8, "application/json"),
        };
        request.Headers.TryAddWithoutValidation(IdempotencyKey.Header, key);
        return await host.Client.SendAsync(request, Cancel);
    }
}
