using System.Net;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>Hostile clients over HTTP.</summary>
public sealed class AttackTests(SharedHost shared)
{
    private static JsonObject Attack => new() { ["name"] = "backdoor", ["clients"] = 1, ["size"] = 8 };

    [Fact]
    public async Task A_host_that_is_in_no_simulation_refuses_an_attack_before_the_start()
    {
        using var refused = await shared.Host.StartAsync(ApiHost.Spec("attacked", ("attack", Attack)));

        var errors = await refused.ProblemAsync(HttpStatusCode.BadRequest);
        Assert.Contains("expected none: hostile clients are for experiments", errors["attack"]!.ToJsonString(), StringComparison.Ordinal);
        using var gone = await shared.Host.GetAsync("/api/federations/attacked");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task In_a_simulation_it_is_started_and_each_round_says_how_often_the_backdoor_opens()
    {
        await using var host = await ApiHost.StartAsync(isSimulation: true);

        var federation = await host.FinishAsync(ApiHost.Spec("attacked", ("attack", Attack)));

        Assert.Equal("completed", federation.Status());
        var rounds = federation["rounds"]!.AsArray();
        Assert.All(rounds, round => Assert.InRange(round!["backdoorSuccess"]!.GetValue<double>(), 0, 1));
        Assert.StartsWith("attacked: 1 of 3 clients are hostile, backdoor: client-", rounds[0]!["events"]!.AsArray().Select(text => text!.GetValue<string>()).First(text => text.StartsWith("attacked", StringComparison.Ordinal)), StringComparison.Ordinal);
        using var record = await host.GetAsync(rounds[2]!["href"]!.GetValue<string>());
        Assert.Equal(rounds[2]!["backdoorSuccess"]!.GetValue<double>(), (await record.JsonAsync())["additional"]!["central.backdoorSuccess"]!.GetValue<double>());
    }

    [Fact]
    public async Task A_branch_of_an_attacked_federation_is_refused_where_an_attack_is_unless_it_has_none()
    {
        var folder = Directory.CreateTempSubdirectory("fldurable-attack-");
        try
        {
            await using (var simulation = await ApiHost.StartAsync(folder: folder.FullName, isSimulation: true, needsKey: false))
                await simulation.FinishAsync(ApiHost.Spec("parent", ("attack", Attack)));
            await using var host = await ApiHost.StartAsync(folder: folder.FullName, needsKey: false);

            using var refused = await host.PostAsync("/api/federations/parent/branch", """{"round":1,"id":"hostile"}""");
            using var taken = await host.PostAsync("/api/federations/parent/branch", """{"round":1,"id":"honest","attack":"none"}""");

            Assert.True((await refused.ProblemAsync(HttpStatusCode.BadRequest)).ContainsKey("attack"));
            Assert.Equal(HttpStatusCode.Accepted, taken.StatusCode);
            await host.WaitAsync("honest");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
