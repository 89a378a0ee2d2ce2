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
