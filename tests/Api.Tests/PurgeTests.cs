using System.Net;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>Many federations are removed at once, as a filter picks them.</summary>
public sealed class PurgeTests
{
    [Fact]
    public async Task A_filter_removes_what_is_over_and_nothing_else()
    {
        await using var host = await ApiHost.StartAsync();
        foreach (var id in (string[])["a-1", "a-2", "b-1"])
            await host.FinishAsync(ApiHost.Spec(id, ("rounds", 1)));
        var since = (await host.FinishAsync(ApiHost.Spec("a-failed", ("clients", 241))))["createdAt"]!.GetValue<string>();
        await host.FinishAsync(ApiHost.Spec("a-late", ("rounds", 1)));
        using var running = await host.StartAsync(ApiHost.Spec("a-running", ("rounds", 1_000_000)));

        Assert.Equal(["a-failed"], await PurgeAsync(host, "status=failed"));
        Assert.Equal(["a-1", "a-2"], await PurgeAsync(host, $"idPrefix=a-&createdBefore={Uri.EscapeDataString(since)}"));
        Assert.Equal([], await PurgeAsync(host, "idPrefix=c"));
        Assert.Equal(["a-late"], await PurgeAsync(host, "idPrefix=a&status=completed,terminated"));
        Assert.Equal(["b-1"], await PurgeAsync(host, "createdBefore=2999-01-01T00:00:00%2B01:00"));

        using var list = await host.GetAsync("/api/federations");
        Assert.Equal("a-running", (await list.JsonAsync())["federations"]!.AsArray().Single()!["id"]!.GetValue<string>());
        using var gone = await host.GetAsync("/api/federations/b-1");
        await gone.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task More_than_a_page_are_removed_by_the_same_request_again()
    {
        await using var host = await ApiHost.StartAsync();
        foreach (var id in (string[])["a", "b", "c"])
            await host.FinishAsync(ApiHost.Spec(id, ("rounds", 1)));

        var first = await AskAsync(host, "status=completed&pageSize=2");
        var second = await AskAsync(host, "status=completed&pageSize=2");

        Assert.Equal((true, false), (first["more"]!.GetValue<bool>(), second["more"]!.GetValue<bool>()));
        Assert.Equal(["a", "b", "c"], Ids(first).Concat(Ids(second)).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("", "$")]
    [InlineData("pageSize=10", "$")]
    [InlineData("status=running", "status")]
    [InlineData("status=completed,pending", "status")]
    [InlineData("status=over", "status")]
    [InlineData("createdBefore=yesterday", "createdBefore")]
    [InlineData("createdBefore=2026-01-31", "createdBefore")]
    [InlineData("idPrefix=", "idPrefix")]
    [InlineData("idPrefix=A", "idPrefix")]
    [InlineData("idPrefix=a&pageSize=0", "pageSize")]
    public async Task A_filter_that_is_none_removes_nothing(string query, string field)
    {
        await using var host = await ApiHost.StartAsync();
        using var answer = await host.DeleteAsync($"/api/federations?{query}");
        Assert.Contains(field, (await answer.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
    }

    private static async Task<List<string>> PurgeAsync(ApiHost host, string query) => Ids(await AskAsync(host, query));

    private static List<string> Ids(JsonObject answer) => [.. answer["purged"]!.AsArray().Select(id => id!.GetValue<string>()).Order(StringComparer.Ordinal)];

    private static async Task<JsonObject> AskAsync(ApiHost host, string query)
    {
        using var answer = await host.DeleteAsync($"/api/federations?{query}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.JsonAsync();
    }
}
