using System.Net;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>Pages of federations.</summary>
public sealed class ListTests
{
    [Fact]
    public async Task Pages_have_every_federation_once_and_can_be_of_some_states_only()
    {
        await using var host = await ApiHost.StartAsync();
        string[] all = ["a", "b", "c", "d", "e"];
        foreach (var id in all)
            await host.FinishAsync(ApiHost.Spec(id, ("rounds", 1)));
        using var held = await host.StartAsync(ApiHost.Spec("held", ("rounds", 1_000_000)));
        using var suspended = await host.PostAsync("/api/federations/held/suspend");

        Assert.Equal([.. all, "held"], await IdsAsync(host, "pageSize=1"));
        Assert.Equal([.. all, "held"], await IdsAsync(host, "pageSize=4"));
        Assert.Equal([.. all, "held"], await IdsAsync(host, ""));
        Assert.Equal(["held"], await IdsAsync(host, "status=suspended"));
        Assert.Equal(all, await IdsAsync(host, "status=completed&pageSize=2"));
        Assert.Equal([.. all, "held"], await IdsAsync(host, "status=completed,suspended&pageSize=2"));
        Assert.Equal([.. all, "held"], await IdsAsync(host, "status=completed&status=suspended"));
        Assert.Equal([], await IdsAsync(host, "status=failed"));
    }

    [Fact]
    public async Task A_token_with_a_number_that_was_never_given_out_is_none()
    {
        await using var host = await ApiHost.StartAsync();
        for (var count = 0; count < 2; count++)
            await host.FinishAsync(ApiHost.Spec($"listed-{count}", ("rounds", 1)));
        using var page = await host.GetAsync("/api/federations?pageSize=1");
        var token = (await page.JsonAsync())["continuationToken"]!.GetValue<string>();
        using var purged = await host.DeleteAsync("/api/federations/listed-0");

        using var next = await host.GetAsync($"/api/federations?continuationToken={token}");

        Assert.Equal("listed-1", (await next.JsonAsync())["federations"]!.AsArray().Single()!["id"]!.GetValue<string>());
        foreach (var other in (string[])["0", "123456789", "99999999999999999999", $"0{token}", $" {token}", ""])
        {
            using var answer = await host.GetAsync($"/api/federations?continuationToken={Uri.EscapeDataString(other)}");
            Assert.Contains("continuationToken", (await answer.ProblemAsync(HttpStatusCode.BadRequest)).AsObject().Select(field => field.Key));
        }
    }

    private static async Task<List<string>> IdsAsync(ApiHost host, string query)
    {
        var ids = new List<string>();
        string? token = null;
        do
        {
            using var answer = await host.GetAsync($"/api/federations?{query}{(token is null ? "" : $"&continuationToken={Uri.EscapeDataString(token)}")}");
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            var page = await answer.JsonAsync();
            ids.AddRange(page["federations"]!.AsArray().Select(federation => federation!["id"]!.GetValue<string>()));
            token = page["continuationToken"]?.GetValue<string>();
        }
        while (token is not null);
        return ids;
    }
}
