using System.Net;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>Branches: new federations that start where another was after a round.</summary>
public sealed class BranchTests(SharedHost shared)
{
    private readonly ApiHost host = shared.Host;

    [Fact]
    public async Task A_branch_starts_from_a_rounds_parameters_with_its_own_spec()
    {
        var trunk = await host.FinishAsync(ApiHost.Spec("trunk", ("seed", 5), ("learningRate", 0.01), ("clients", 12)));

        using var started = await BranchAsync("trunk", """{"round":1,"id":"branch","rounds":3,"clients":4,"batchSize":16}""");

        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        Assert.Equal("/api/federations/branch", started.Headers.Location?.OriginalString);
        var branch = await host.WaitAsync("branch");
        var spec = branch["spec"]!;
        Assert.Equal("completed", branch.Status());
        Assert.Equal(4, branch["rounds"]!.AsArray().Count);
        Assert.Equal(trunk.Parameters().ElementAt(1), branch.Parameters().First());
        Assert.Equal("federations/trunk/rounds/000001/global.safetensors", spec["initial"]!.GetValue<string>());
        Assert.Equal((5, 0.01, 16), (spec["seed"]!.GetValue<long>(), spec["learningRate"]!.GetValue<double>(), spec["batchSize"]!.GetValue<int>()));
        Assert.Equal((4, 4), (spec["clients"]!.GetValue<int>(), spec["minAvailableClients"]!.GetValue<int>()));
        Assert.Equal(trunk["dataset"]!["sourceSha256"]!.GetValue<string>(), branch["dataset"]!["sourceSha256"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_branch_keeps_the_minimums_that_its_trunk_was_given()
    {
        await host.FinishAsync(ApiHost.Spec("minimums", ("minFitClients", 2), ("fractionFit", 0.5)));

        using var started = await BranchAsync("minimums", """{"round":2,"id":"minimums-kept"}""");

        var spec = (await host.WaitAsync("minimums-kept"))["spec"]!;
        Assert.Equal((2, 1), (spec["minFitClients"]!.GetValue<int>(), spec["quorum"]!.GetValue<int>()));
    }

    [Fact]
    public async Task The_same_branch_again_is_found_and_one_from_another_round_is_a_conflict()
    {
        await host.FinishAsync(ApiHost.Spec("tree"));
        using var started = await BranchAsync("tree", """{"round":1,"id":"bough"}""");
        await host.WaitAsync("bough");

        using var again = await BranchAsync("tree", """{"round":1,"id":"bough"}""");
        using var other = await BranchAsync("tree", """{"round":2,"id":"bough"}""");
        using var unbranched = await host.StartAsync(ApiHost.Spec("bough"));

        Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        Assert.Equal(["round"], (await other.ProblemAsync(HttpStatusCode.Conflict)).Select(error => error.Key));
        Assert.Equal(["initial"], (await unbranched.ProblemAsync(HttpStatusCode.Conflict)).Select(error => error.Key));
    }

    [Fact]
    public async Task A_branch_to_a_network_with_other_parameters_is_refused_by_the_name_of_the_field_that_was_sent()
    {
        await host.FinishAsync(ApiHost.Spec("rooted"));

        using var answer = await BranchAsync("rooted", """{"round":1,"network":"fedavg-cnn"}""");

        Assert.Equal(["network"], (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
    }

    [Fact]
    public async Task A_branch_outlives_its_trunk()
    {
        await host.FinishAsync(ApiHost.Spec("felled"));
        using var started = await BranchAsync("felled", """{"round":2,"id":"planted"}""");
        await host.WaitAsync("planted");
        using var purged = await host.DeleteAsync("/api/federations/felled");

        using var model = await host.GetAsync("/api/federations/planted/rounds/0/model");
        using var branched = await BranchAsync("planted", """{"round":0,"id":"grafted"}""");

        Assert.Equal(HttpStatusCode.OK, model.StatusCode);
        Assert.Equal("completed", (await host.WaitAsync("grafted")).Status());
    }

    [Fact]
    public async Task Whoever_sends_a_field_that_is_none_is_told_those_that_are_taken_there()
    {
        await host.FinishAsync(ApiHost.Spec("known"));

        using var branch = await BranchAsync("known", """{"round":1,"epoch":1}""");
        using var start = await host.PostAsync("/api/federations", """{"epoch":1}""");

        var (ofBranch, ofStart) = (Known(await branch.ProblemAsync(HttpStatusCode.BadRequest)), Known(await start.ProblemAsync(HttpStatusCode.BadRequest)));
        Assert.Equal(ofStart.Prepend("round"), ofBranch);
        Assert.Equal(SpecFields.All.Where(field => field != "initial"), ofStart);

        static IEnumerable<string> Known(JsonObject errors) =>
            errors["epoch"]!.AsArray().Single()!.GetValue<string>().Split("known are ")[1].Split(", ");
    }

    [Fact]
    public async Task A_round_may_be_written_as_any_whole_number()
    {
        await host.FinishAsync(ApiHost.Spec("counted"));

        using var started = await BranchAsync("counted", """{"round":1.0,"id":"counted-on"}""");

        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        foreach (var round in (string[])["1", "1e0"])
        {
            using var again = await BranchAsync("counted", $$"""{"round":{{round}},"id":"counted-on"}""");
            Assert.Equal(HttpStatusCode.OK, again.StatusCode);
        }
    }

    [Theory]
    [InlineData("{}", "round")]
    [InlineData("""{"round":null}""", "round")]
    [InlineData("""{"round":"1"}""", "round")]
    [InlineData("""{"round":1.5}""", "round")]
    [InlineData("""{"round":-1}""", "round")]
    [InlineData("""{"round":3}""", "round")]
    [InlineData("""{"round":NaN}""", "round")]
    [InlineData("""{"round":1,"round":1}""", "round")]
    [InlineData("""{"round":1,"id":"Bad Id"}""", "id")]
    [InlineData("""{"round":1,"initial":"x"}""", "initial")]
    [InlineData("""{"round":1,"initial":null}""", "initial")]
    [InlineData("""{"round":1,"data":"/etc/passwd"}""", "data")]
    [InlineData("""{"round":1,"rounds":0}""", "rounds")]
    [InlineData("""{"round":1,"rounds":1,"rounds":1}""", "rounds")]
    [InlineData("""{"round":1,"extra":1}""", "extra")]
    [InlineData("""{"round":1,"optimizer":{"\ud800":"\ud800"}}""", "optimizer")]
    [InlineData("[]", "$")]
    public async Task What_is_wrong_with_a_branch_is_named(string body, string field)
    {
        using var trunk = await host.StartAsync(ApiHost.Spec("sound"));

        using var answer = await BranchAsync("sound", body);

        Assert.Equal([field], (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
    }

    [Fact]
    public async Task Every_field_that_is_wrong_with_a_branch_is_named_at_once()
    {
        using var trunk = await host.StartAsync(ApiHost.Spec("whole"));

        using var answer = await BranchAsync("whole", """{"round":"x","clients":"y","rounds":0,"initial":1}""");

        var errors = await answer.ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Equal(["clients", "initial", "round", "rounds"], errors.Select(error => error.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_branch_needs_a_federation_and_parameters_that_are_there()
    {
        await host.FinishAsync(ApiHost.Spec("bare", ("retention", "last:1")));

        using var unknown = await BranchAsync("none", """{"round":1}""");
        using var notKept = await BranchAsync("bare", """{"round":1}""");

        await unknown.ProblemAsync(HttpStatusCode.NotFound);
        await notKept.ProblemAsync(HttpStatusCode.NotFound);
    }

    private Task<HttpResponseMessage> BranchAsync(string id, string body) => host.PostAsync($"/api/federations/{id}/branch", body);
}
