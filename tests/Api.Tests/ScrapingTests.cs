using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>A server's figures, as Prometheus reads them. They are those of its process.</summary>
[Collection(nameof(Alone))]
public sealed partial class ScrapingTests(SharedHost shared)
{
    [Fact]
    public async Task Figures_count_what_was_done_without_naming_federations_and_need_the_key()
    {
        await EndOthersAsync();
        await using var host = await ApiHost.StartAsync();
        await host.FinishAsync(ApiHost.Spec("no-label"));

        using var answer = await host.GetAsync("/metrics");

        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.MediaType);
        var lines = (await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).Split('\n');
        Assert.Equal(2, Value(lines, "fldurable_rounds_total"));
        Assert.Equal(6, Value(lines, "fldurable_clients_total", "phase=\"fit\"", "outcome=\"succeeded\""));
        Assert.Equal(1, Value(lines, "fldurable_federations_total", "status=\"completed\""));
        Assert.Equal(2, Value(lines, "fldurable_round_duration_seconds_count"));
        Assert.Equal(0, Value(lines, "fldurable_activities_waiting"));
        Assert.Equal(0, Value(lines, "fldurable_federations_open"));
        Assert.DoesNotContain(lines, line => line.Contains("no-label", StringComparison.Ordinal) || line.Contains("client-", StringComparison.Ordinal));
        using var stranger = new HttpClient { BaseAddress = host.Address };
        using var refused = await stranger.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Theory]
    [InlineData("operations.md")]
    [InlineData("grafana.json")]
    public async Task What_docs_and_dashboards_ask_for_is_there(string file)
    {
        await using var host = await ApiHost.StartAsync();
        await host.FinishAsync(ApiHost.Spec("warned", ("fractionFit", 0.1), ("minFitClients", 3))); // its record says that one overrules the other
        using var answer = await host.GetAsync("/metrics");

        var told = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var asked = Figure().Matches(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, file), TestContext.Current.CancellationToken)).Select(match => match.Value).ToHashSet();
        Assert.True(asked.Count >= 8);
        Assert.All(asked, name => Assert.Matches($"\n{name}(_count)?{{", told));
    }

    /// <summary>What tests before have left at work in this process, whose clients would be counted.</summary>
    private async Task EndOthersAsync()
    {
        foreach (var status in (string[])["pending", "running"])
        {
            using var answer = await shared.Host.GetAsync($"/api/federations?status={status}&pageSize=1000");
            foreach (var id in (await answer.JsonAsync())["federations"]!.AsArray().Select(federation => federation!["id"]!.GetValue<string>()))
            {
                using var terminated = await shared.Host.PostAsync($"/api/federations/{id}/terminate");
                await shared.Host.WaitAsync(id);
            }
        }
    }

    [GeneratedRegex("fldurable_[a-z_]+")]
    private static partial Regex Figure();

    private static double Value(string[] lines, string name, params string[] labels)
    {
        var line = Assert.Single(lines, line => line.StartsWith($"{name}{{", StringComparison.Ordinal) && labels.All(label => line.Contains(label, StringComparison.Ordinal)));
        return double.Parse(line[(line.LastIndexOf('}') + 2)..].Split(' ')[0], CultureInfo.InvariantCulture);
    }
}
