using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;

namespace FlDurable.Api.Tests;

/// <summary>A federation over HTTP, from its start to its purge.</summary>
public sealed class LifeTests(SharedHost shared)
{
    private readonly ApiHost host = shared.Host;

    [Fact]
    public async Task A_federation_is_started_watched_downloaded_and_purged()
    {
        using var started = await host.StartAsync(ApiHost.Spec("life"));
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        Assert.Equal("/api/federations/life", started.Headers.Location?.OriginalString);
        Assert.NotNull(started.Headers.RetryAfter?.Delta);

        var federation = await host.WaitAsync("life");
        Assert.Equal("completed", federation.Status());
        Assert.Equal((2, 2), (federation["progress"]!["round"]!.GetValue<int>(), federation["progress"]!["rounds"]!.GetValue<int>()));
        Assert.Equal([0, 1, 2], federation["rounds"]!.AsArray().Select(round => round!["round"]!.GetValue<int>()));
        Assert.Equal("lanes", federation["engine"]!.GetValue<string>());
        Assert.Equal(2, federation["spec"]!["quorum"]!.GetValue<int>());

        using var model = await host.GetAsync(federation["model"]!["href"]!.GetValue<string>());
        var content = await model.BytesAsync();
        var sha256 = Convert.ToHexStringLower(SHA256.HashData(content));
        Assert.Equal(federation["model"]!["sha256"]!.GetValue<string>(), sha256);
        Assert.Equal(federation.Parameters().Last(), sha256);
        Safetensors.Read(content, new NetworkRegistry().Get("cifar10-cnn").Usual.Layout);

        using var purged = await host.DeleteAsync("/api/federations/life");
        Assert.Equal(HttpStatusCode.NoContent, purged.StatusCode);
        foreach (var path in (string[])["", "/model", "/rounds/1", "/rounds/1/model"])
        {
            using var gone = await host.GetAsync($"/api/federations/life{path}");
            await gone.ProblemAsync(HttpStatusCode.NotFound);
        }

        Assert.All(
            (string[])["federations/life", "updates/life"], name => Assert.False(Directory.Exists(Path.Combine(host.StateFolder, "artifacts", name))));
    }

    [Fact]
    public async Task The_best_rounds_model_is_told_of_and_kept_whatever_is_retained()
    {
        var spec = ApiHost.Spec("best");
        spec["retention"] = "last:1";
        spec["keepBest"] = "centralLoss";
        spec["centralEvaluation"] = true;
        spec["learningRate"] = JsonNode.Parse("""{"initial":0.001,"step":1,"factor":1000}""");
        spec["stopWhen"] = JsonNode.Parse("""{"metric":"fitLoss","patience":5}""");
        using var started = await host.StartAsync(spec);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);

        var federation = await host.WaitAsync("best");

        var rounds = federation["rounds"]!.AsArray();
        var best = rounds.MinBy(round => round!["centralLoss"]!.GetValue<double>())!;
        Assert.Equal(best["round"]!.GetValue<int>(), federation["best"]!["round"]!.GetValue<int>());
        Assert.Equal(("centralLoss", best["centralLoss"]!.GetValue<double>()), (federation["best"]!["metric"]!.GetValue<string>(), federation["best"]!["value"]!.GetValue<double>()));
        using var model = await host.GetAsync(federation["best"]!["href"]!.GetValue<string>());
        Assert.Equal(best["parametersSha256"]!.GetValue<string>(), Convert.ToHexStringLower(SHA256.HashData(await model.BytesAsync())));
        Assert.Equal(spec["learningRate"]!.ToJsonString(), federation["spec"]!["learningRate"]!.ToJsonString());
        using var round = await host.GetAsync("/api/federations/best/rounds/2");
        Assert.Equal(1, JsonNode.Parse(await round.BytesAsync())!["plan"]!["learningRate"]!.GetValue<double>());
    }

    [Fact]
    public async Task A_federation_without_an_id_gets_one()
    {
        var spec = ApiHost.Spec("");
        spec.Remove("id");

        using var first = await host.StartAsync(spec);
        using var second = await host.StartAsync(spec);

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (first.StatusCode, second.StatusCode));
        Assert.NotEqual(first.Headers.Location, second.Headers.Location);
        using var found = await host.GetAsync(first.Headers.Location!.OriginalString);
        Assert.Equal(HttpStatusCode.OK, found.StatusCode);
    }

    [Fact]
    public async Task The_same_id_and_spec_again_find_the_federation_that_is_there()
    {
        var federation = await host.FinishAsync(ApiHost.Spec("again"));

        using var again = await host.StartAsync(ApiHost.Spec("again"));

        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal("/api/federations/again", again.Headers.Location?.OriginalString);
        Assert.Equal("completed", (await again.JsonAsync()).Status());
        Assert.Equal(federation.Parameters(), (await host.WaitAsync("again")).Parameters());
    }

    [Fact]
    public async Task Another_spec_under_an_id_that_is_taken_is_a_conflict_that_names_what_differs()
    {
        await host.FinishAsync(ApiHost.Spec("taken"));

        using var other = await host.StartAsync(ApiHost.Spec("taken", ("seed", 7), ("rounds", 1)));

        var errors = await other.ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal(["rounds", "seed"], errors.Select(field => field.Key).Order(StringComparer.Ordinal));
        Assert.Equal("is 42, not 7", errors["seed"]![0]!.GetValue<string>());
    }

    [Fact]
    public async Task A_conflict_shows_of_the_federation_that_is_there_what_a_look_at_it_shows()
    {
        await host.FinishAsync(ApiHost.Spec("shown", ("data", "synthetic:train=240,test=60")));
        using var branched = await host.PostAsync("/api/federations/shown/branch", """{"round":1,"id":"shown-branch"}""");

        using var other = await host.StartAsync(ApiHost.Spec("shown", ("data", "synthetic:train=250,test=60")));
        using var otherRound = await host.PostAsync("/api/federations/shown/branch", """{"round":0,"id":"shown-branch"}""");

        Assert.Equal(
            "is \"synthetic:train=240,test=60\", not \"synthetic:train=250,test=60\"",
            (await other.ProblemAsync(HttpStatusCode.Conflict))["data"]![0]!.GetValue<string>());
        Assert.Contains(
            "federations/shown/rounds/000001/", (await otherRound.ProblemAsync(HttpStatusCode.Conflict))["round"]![0]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_many_who_start_one_id_at_once_one_starts_it_and_all_find_it()
    {
        await using var own = await ApiHost.StartAsync(); // in the shared one others may be starting federations, and only so many are let in
        var starts = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => own.StartAsync(ApiHost.Spec("at-once"))));

        Assert.Equal(
            [HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.Accepted],
            starts.Select(start => start.StatusCode).Order());
        Assert.Equal("completed", (await own.WaitAsync("at-once")).Status());
        foreach (var start in starts)
            start.Dispose();
    }

    [Fact]
    public async Task The_id_of_a_purged_federation_is_not_given_out_again()
    {
        await host.FinishAsync(ApiHost.Spec("gone"));
        using var purged = await host.DeleteAsync("/api/federations/gone");

        using var again = await host.StartAsync(ApiHost.Spec("gone"));
        using var purgedAgain = await host.DeleteAsync("/api/federations/gone");

        await again.ProblemAsync(HttpStatusCode.Conflict);
        await purgedAgain.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_rounds_record_has_every_client()
    {
        await host.FinishAsync(ApiHost.Spec("records"));

        using var answer = await host.GetAsync("/api/federations/records/rounds/2");

        var record = await answer.JsonAsync();
        Assert.Equal(2, record["round"]!.GetValue<int>());
        Assert.Equal(3, record["participants"]!.AsArray().Count);
        Assert.Empty(record["failures"]!.AsArray());
    }

    [Fact]
    public async Task A_federation_shows_as_many_of_its_newest_rounds_as_are_asked_for()
    {
        await host.FinishAsync(ApiHost.Spec("newest"));

        Assert.Equal([2], await RoundsAsync("?rounds=1"));
        Assert.Equal([1, 2], await RoundsAsync("?rounds=2"));
        Assert.Equal([], await RoundsAsync("?rounds=0"));
        Assert.Equal([0, 1, 2], await RoundsAsync(""));

        async Task<IEnumerable<int>> RoundsAsync(string query)
        {
            using var answer = await host.GetAsync($"/api/federations/newest{query}");
            return [.. (await answer.JsonAsync())["rounds"]!.AsArray().Select(round => round!["round"]!.GetValue<int>())];
        }
    }

    [Fact]
    public async Task A_federation_that_fails_says_why_and_keeps_its_rounds()
    {
        var federation = await host.FinishAsync(ApiHost.Spec(
            "fails", ("learningRate", 100), ("optimizer", "sgd"), ("epochs", 5), ("roundAttempts", 1)));

        Assert.Equal("failed", federation.Status());
        Assert.Contains("round 1 failed", federation["failure"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal([0], federation["rounds"]!.AsArray().Select(round => round!["round"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("/api/federations/none", HttpStatusCode.NotFound, null)]
    [InlineData("/api/federations/NONE", HttpStatusCode.BadRequest, "id")]
    [InlineData("/api/federations/a%2F..%2Fb", HttpStatusCode.BadRequest, "id")]
    [InlineData("/api/federations/a%3Around-1-1", HttpStatusCode.BadRequest, "id")]
    [InlineData("/api/federations/%20", HttpStatusCode.BadRequest, "id")]
    [InlineData("/api/federations/none/model", HttpStatusCode.NotFound, null)]
    [InlineData("/api/federations/none/rounds/1", HttpStatusCode.NotFound, null)]
    [InlineData("/api/federations/none/rounds/1/model", HttpStatusCode.NotFound, null)]
    [InlineData("/api/federations/none/rounds/-1", HttpStatusCode.BadRequest, "round")]
    [InlineData("/api/federations/none/rounds/one/model", HttpStatusCode.BadRequest, "round")]
    [InlineData("/api/federations/none/rounds/99999999999", HttpStatusCode.BadRequest, "round")]
    [InlineData("/api/federations/none?rounds=1001", HttpStatusCode.BadRequest, "rounds")]
    [InlineData("/api/federations?pageSize=0", HttpStatusCode.BadRequest, "pageSize")]
    [InlineData("/api/federations?pageSize=1001", HttpStatusCode.BadRequest, "pageSize")]
    [InlineData("/api/federations?pageSize=ten", HttpStatusCode.BadRequest, "pageSize")]
    [InlineData("/api/federations?status=gone", HttpStatusCode.BadRequest, "status")]
    [InlineData("/api/federations?continuationToken=x", HttpStatusCode.BadRequest, "continuationToken")]
    [InlineData("/api/nothing", HttpStatusCode.NotFound, null)]
    public async Task What_is_not_there_and_what_can_not_be_are_told_apart(string path, HttpStatusCode status, string? field)
    {
        using var answer = await host.GetAsync(path);

        var errors = await answer.ProblemAsync(status);
        Assert.Equal(field is null ? [] : [field], errors.Select(error => error.Key));
    }

    [Fact]
    public async Task Everything_that_is_wrong_with_a_query_is_named_at_once()
    {
        using var answer = await host.GetAsync("/api/federations/NONE/rounds/x");

        Assert.Equal(["id", "round"], (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
    }

    [Fact]
    public async Task A_method_that_a_path_does_not_have_is_refused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri("/api/federations", UriKind.Relative));
        using var answer = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        await answer.ProblemAsync(HttpStatusCode.MethodNotAllowed);
    }
}
