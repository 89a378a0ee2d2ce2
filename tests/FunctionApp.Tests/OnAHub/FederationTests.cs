using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using FlDurable.DurableTask.Tests.Support;
using FlDurable.FunctionApp.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using Microsoft.Azure.Functions.Worker;

namespace FlDurable.FunctionApp.Tests.OnAHub;

/// <summary>The functions from HTTP request to finished federation.</summary>
public sealed class FederationTests
{
    private static readonly FederationSpec Spec = new()
    {
        Id = "small",
        Data = "synthetic:train=300,test=40",
        Clients = 3,
        Rounds = 2,
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_federation_over_HTTP_comes_to_the_same_bits_as_on_the_command_line()
    {
        var local = await LocalRun.RunAsync(Spec, Cancel);
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder);

        var started = await app.PostAsync(Spec);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        Assert.Equal("/api/federations/small", started.Headers.Location!.ToString());
        Assert.Equal(HttpStatusCode.OK, (await app.PostAsync(Spec)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await app.PostAsync(Spec with { Rounds = 3 })).StatusCode);

        await AssertSameRoundsAsync(local, await app.WaitAsync("small"), app);
        var model = await app.Http.GetByteArrayAsync("api/federations/small/model", Cancel);
        Assert.Equal(local.Model!.Sha256, Convert.ToHexStringLower(SHA256.HashData(model)));
    }

    /// <summary>The federation that ClusterTests runs on one node and on three in Azurite.</summary>
    [Fact]
    public async Task Twelve_clients_and_six_rounds_come_to_the_same_bits_on_one_machine_by_the_functions_and_on_a_hub_in_memory()
    {
        var spec = Spec with { Network = "mlp", Data = "synthetic:train=120,test=10", Clients = 12, Rounds = 6 };
        var local = await LocalRun.RunAsync(spec, Cancel);
        Assert.Equal(7, local.Rounds.Select(round => round.ParametersSha256).Distinct(StringComparer.Ordinal).Count());
        foreach (var asANode in (bool[])[false, true])
        {
            using var folder = new TestFolder();
            await using var app = await AppHost.StartAsync(folder, asANode: asANode);
            Assert.Equal(HttpStatusCode.Accepted, (await app.PostAsync(spec)).StatusCode);
            await AssertSameRoundsAsync(local, await app.WaitAsync("small"), app);
            Assert.Equal(asANode, app.Ran.IsEmpty);
        }
    }

    [Fact]
    public async Task A_federation_of_more_than_one_leaf_comes_to_the_same_bits_and_sends_every_message_that_there_is()
    {
        var spec = Spec with
        {
            Id = "large",
            Network = "cifar10-cnn",
            Engine = "lanes",
            Data = "synthetic:train=710,test=20",
            Clients = 71,
            Rounds = 1,
            CohortSize = 4,
            FractionEvaluate = 1,
        };
        var local = await LocalRun.RunAsync(spec, Cancel);
        Assert.Equal(71, local.Rounds[1].Participants.Count(participant => participant.EvaluateExamples > 0));
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder);
        using var receiver = new TcpListener(IPAddress.Loopback, 0);
        receiver.Start();
        Assert.Equal(HttpStatusCode.Accepted, (await app.PostAsync(spec with { Notify = $"http://{receiver.LocalEndpoint}/" })).StatusCode);
        await AssertSameRoundsAsync(local, await app.WaitAsync("large"), app);
        using var told = await receiver.AcceptTcpClientAsync(Cancel);
        using var message = new StreamReader(told.GetStream());
        Assert.Equal("POST / HTTP/1.1", await message.ReadLineAsync(Cancel));
        Assert.Equal(
            FunctionMethod.TriggeredBy<ActivityTriggerAttribute>().Select(trigger => trigger.Function.Name)
                .Concat(FunctionMethod.TriggeredBy<OrchestrationTriggerAttribute>().Select(trigger => trigger.Function.Name))
                .Except([nameof(Activities.FindRound), nameof(Activities.FindOutliers)]) // run where an attempt has failed
                .Except([nameof(WorkActivities.OfferWork), nameof(WorkActivities.LookAtWork), nameof(WorkActivities.WithdrawWork)]).Order(), // run where work is for others
            app.Ran.Keys.Order());
    }

    [Fact]
    public async Task A_federation_that_fails_does_so_for_the_same_reasons()
    {
        var spec = Spec with { Id = "poisoned", MaxUpdateNorm = 1e-9, RoundAttempts = 1 };
        var local = await LocalRun.RunAsync(spec, Cancel);
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder);
        Assert.Equal(HttpStatusCode.Accepted, (await app.PostAsync(spec)).StatusCode);

        var federation = await app.WaitAsync("poisoned");
        Assert.Equal(("failed", local.Failure), ((string?)federation["status"], (string?)federation["failure"]));
        Assert.Contains("client", local.Failure, StringComparison.Ordinal);
        Assert.Contains(nameof(Activities.FindRound), app.Ran.Keys);
    }

    [Fact]
    public async Task A_federation_goes_on_where_the_app_was_stopped()
    {
        var spec = Spec with { Rounds = 4 };
        using var folder = new TestFolder();
        var memory = new RememberingMemory();
        await using (var app = await AppHost.StartAsync(folder, memory))
        {
            Assert.Equal(HttpStatusCode.Accepted, (await app.PostAsync(spec)).StatusCode);
            while ((int?)(await app.GetAsync("api/federations/small"))["progress"]?["round"] is null or < 1)
                await Task.Delay(AppHost.PollInterval, Cancel);
        }

        await using var restarted = await AppHost.StartAsync(folder, memory);
        var federation = await restarted.WaitAsync("small");
        var local = await LocalRun.RunAsync(spec, Cancel);
        Assert.Equal(local.Model!.Sha256, (string?)federation["model"]?["sha256"]);
    }

    [Fact]
    public async Task Federations_are_listed_branched_terminated_and_purged()
    {
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder);
        await app.PostAsync(Spec);
        await app.WaitAsync("small");

        var branch = new JsonObject { ["id"] = "branch", ["round"] = 1, ["rounds"] = 1000 };
        Assert.Equal(HttpStatusCode.Accepted, (await app.Http.PostAsync("api/federations/small/branch", Json(branch), Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await app.Http.PostAsync("api/federations/branch/suspend", content: null, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await app.Http.PostAsync("api/federations/branch/resume", content: null, Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.Accepted, (await app.Http.PostAsync("api/federations/branch/terminate?reason=enough", content: null, Cancel)).StatusCode);
        var terminated = await app.WaitAsync("branch");
        Assert.Equal(("terminated", "enough"), ((string?)terminated["status"], (string?)terminated["failure"]));

        var listed = await app.GetAsync("api/federations?status=completed,terminated&pageSize=1000");
        Assert.Equal(["small", "branch"], listed["federations"]!.AsArray().Select(federation => (string?)federation!["id"]));

        Assert.Equal(HttpStatusCode.NoContent, (await app.Http.DeleteAsync("api/federations/small", Cancel)).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await app.Http.GetAsync("api/federations/small", Cancel)).StatusCode);
    }

    [Fact]
    public async Task Suspending_what_is_suspended_and_resuming_what_runs_is_accepted()
    {
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder);
        await app.PostAsync(Spec with { Rounds = 1000 });
        var requests = new (string Verb, string? Status)[]
        {
            ("resume", null), ("suspend", "suspended"), ("suspend", "suspended"), ("resume", null), ("resume", null),
        };
        foreach (var (verb, status) in requests)
        {
            var answer = await app.Http.PostAsync($"api/federations/small/{verb}", content: null, Cancel);
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
            if (status is not null)
                Assert.Equal(status, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!["status"]);
        }

        Assert.Equal(HttpStatusCode.Accepted, (await app.Http.PostAsync("api/federations/small/terminate", content: null, Cancel)).StatusCode);
    }

    [Fact]
    public async Task A_federation_keeps_the_time_at_which_it_was_started()
    {
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder);
        var started = JsonNode.Parse(await (await app.PostAsync(Spec with { Rounds = 4 })).Content.ReadAsStringAsync(Cancel))!;
        var over = await app.WaitAsync("small");
        Assert.Equal((string?)started["createdAt"], (string?)over["createdAt"]);
        Assert.Equal((string?)started["createdAt"], (string?)(await app.GetAsync("api/federations"))["federations"]![0]!["createdAt"]);
    }

    [Fact]
    public async Task Of_many_requests_for_one_id_at_once_one_starts_it()
    {
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => app.PostAsync(Spec)));
        Assert.Single(answers, answer => answer.StatusCode == HttpStatusCode.Accepted);
        Assert.All(answers, answer => Assert.Contains(answer.StatusCode, (HttpStatusCode[])[HttpStatusCode.Accepted, HttpStatusCode.OK]));
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("%20")]
    [InlineData("eyJOZXh0UGFydGl0aW9uS2V5IjoiZmVkIn0")]
    public async Task A_continuation_token_that_is_none_is_refused(string token)
    {
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder);
        var answer = await app.Http.GetAsync($"api/federations?continuationToken={token}", Cancel);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("continuationToken", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_spec_that_asks_for_an_engine_that_the_app_does_not_have_is_told_which_it_has()
    {
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder);
        var answer = await app.PostAsync(Spec with { Engine = "torch" });
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(Cancel))!;
        Assert.Contains("lanes", (string?)problem["errors"]!["engine"]!.AsArray().Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_API_is_described_without_a_key()
    {
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder);
        Assert.StartsWith("3.1", (string?)(await app.GetAsync("api/openapi.json"))["openapi"], StringComparison.Ordinal);
        var page = await app.Http.GetAsync("api/docs", Cancel);
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Under_another_route_prefix_every_path_that_is_answered_leads_on()
    {
        using var folder = new TestFolder();
        await using var app = await AppHost.StartAsync(folder, prefix: "fl/v1");
        var started = await app.Http.PostAsync("fl/v1/federations", Json(new JsonObject { ["id"] = "small", ["data"] = Spec.Data, ["clients"] = 3, ["rounds"] = 1 }), Cancel);
        Assert.Equal("/fl/v1/federations/small", started.Headers.Location!.OriginalString);

        JsonNode federation;
        while ((string?)(federation = await app.GetAsync(started.Headers.Location.OriginalString))["status"] != "completed")
            await Task.Delay(AppHost.PollInterval, Cancel);
        var model = await app.Http.GetByteArrayAsync((string?)federation["model"]!["href"], Cancel);
        Assert.Equal((string?)federation["model"]!["sha256"], Convert.ToHexStringLower(SHA256.HashData(model)));

        var page = await app.Http.GetAsync("fl/v1/docs/", Cancel);
        Assert.Equal("/fl/v1/docs", page.RequestMessage!.RequestUri!.AbsolutePath);
        var paths = (await app.GetAsync("fl/v1/openapi.json"))["paths"]!.AsObject().Select(path => path.Key);
        Assert.All(paths, path => Assert.Matches("^/fl/v1/(federations(/|$)|datasets$)", path));
    }

    private static async Task AssertSameRoundsAsync(FederationResult expected, JsonNode federation, AppHost app)
    {
        Assert.Equal(("completed", null), ((string?)federation["status"], (string?)federation["failure"]));
        foreach (var record in expected.Rounds)
        {
            var round = await app.GetAsync($"api/federations/{expected.Id}/rounds/{record.Round}");
            Assert.Equal(record.ParametersSha256, (string?)round["parametersSha256"]);
            Assert.Equal(WithoutSeconds(JsonNode.Parse(ContractJson.Serialize(record))!), WithoutSeconds(round));
        }
    }

    // What is measured by the clock differs.
    private static string WithoutSeconds(JsonNode record)
    {
        foreach (var part in record["participants"]!.AsArray().Append(record))
        {
            foreach (var timed in (JsonNode?[])[part, part!["trained"], part["evaluated"]])
                timed?.AsObject().Remove("seconds");
        }

        return record.ToJsonString();
    }

    private static StringContent Json(JsonObject body) => new(body.ToJsonString(), System.Text.Encoding.UTF8, "application/json");
}
