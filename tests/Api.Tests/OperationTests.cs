using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;
using FlDurable.LocalHost.Serve;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests;

/// <summary>What whoever looks after a server relies on: its health, and its trail of who did what.</summary>
public sealed class OperationTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_trail_tells_who_asked_for_what_and_what_came_of_it_and_has_no_key()
    {
        await using var host = await ApiHost.StartAsync();
        await host.FinishAsync(ApiHost.Spec("audited"));
        using var looked = await host.GetAsync("/api/federations/audited");
        using var purged = await host.DeleteAsync("/api/federations/audited");
        using var gone = await host.DeleteAsync("/api/federations/audited?reason=no%20room");
        using var added = await host.Client.PostAsJsonAsync(new Uri("/api/sites", UriKind.Relative), new { name = "ward-1" }, Cancel);
        using var anybody = new HttpClient { BaseAddress = host.Address };
        using var refused = await anybody.DeleteAsync(new Uri("/api/federations/secret", UriKind.Relative), Cancel);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        foreach (var open in (string[])["/health/live", "/health/ready", "/api/docs", "/api/dashboard", "/"])
        {
            using var posted = await anybody.PostAsync(new Uri(open, UriKind.Relative), content: null, Cancel);
            Assert.Equal((open, HttpStatusCode.Unauthorized), (open, posted.StatusCode));
        }

        var text = await File.ReadAllTextAsync(AuditTrail.PathIn(host.StateFolder), Cancel);

        var lines = text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject()).ToList();
        Assert.Equal(
            [
                "POST /api/federations", "202 /api/federations/audited", "DELETE /api/federations/audited", "204 ", "DELETE /api/federations/audited",
                $"{(int)gone.StatusCode} ", "POST /api/sites", "201 /api/sites/ward-1/keys",
            ],
            lines.Select(line => (string?)line["asked"] ?? $"{line["answered"]} {line["location"]}"));
        Assert.Equal("no room", (string?)lines[4]["reason"]);
        Assert.All(lines.Chunk(2), pair => Assert.Equal((string?)pair[0]["id"], (string?)pair[1]["id"]));
        Assert.All(lines.Where(line => line.ContainsKey("asked")), line => Assert.Equal(("127.0.0.1", "api.key"), ((string?)line["address"], (string?)line["key"])));
        Assert.Equal(lines.OrderBy(line => line["time"]!.GetValue<DateTimeOffset>()), lines);
        Assert.DoesNotContain(host.NewKey!, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_can_not_be_written_down_is_not_done()
    {
        await using var host = await ApiHost.StartAsync();
        var trail = AuditTrail.PathIn(host.StateFolder);
        File.Delete(trail);
        Directory.CreateDirectory(trail);

        using var refused = await host.StartAsync(ApiHost.Spec("unseen"));
        using var absent = await host.GetAsync("/api/federations/unseen");
        Directory.Delete(trail);
        using var started = await host.StartAsync(ApiHost.Spec("unseen"));

        await refused.ProblemAsync(HttpStatusCode.ServiceUnavailable);
        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.Accepted), (absent.StatusCode, started.StatusCode));
        await host.WaitAsync("unseen");
    }

    [Fact]
    public async Task A_line_that_was_cut_short_spoils_no_other()
    {
        await using var host = await ApiHost.StartAsync();
        await File.AppendAllTextAsync(AuditTrail.PathIn(host.StateFolder), """{"time":"2026-""", Cancel);

        using var gone = await host.DeleteAsync("/api/federations/nobody");

        var lines = await File.ReadAllLinesAsync(AuditTrail.PathIn(host.StateFolder), Cancel);
        Assert.Equal("DELETE /api/federations/nobody", (string?)JsonNode.Parse(lines[1])!["asked"]);
        Assert.Equal(404, (int?)JsonNode.Parse(lines[2])!["answered"]);
    }

    [Fact]
    public async Task Whoever_watches_over_a_server_needs_no_key()
    {
        await using var host = await ApiHost.StartAsync();
        using var anybody = new HttpClient { BaseAddress = host.Address };

        foreach (var path in (string[])["/health/live", "/health/ready"])
        {
            using var answer = await anybody.GetAsync(new Uri(path, UriKind.Relative), Cancel);
            Assert.Equal((path, HttpStatusCode.OK, "Healthy"), (path, answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel)));
        }
    }

    [Fact]
    public async Task A_server_that_can_not_reach_its_artifacts_lives_and_is_not_ready()
    {
        var isAway = false;
        await using var host = await ApiHost.StartAsync(
            services => services.Decorate<IArtifactStore>(store => new AwayStore(store, () => isAway)), needsKey: false);
        isAway = true;

        using var live = await host.GetAsync("/health/live");
        using var ready = await host.GetAsync("/health/ready");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (live.StatusCode, ready.StatusCode));
        Assert.Equal("Unhealthy", await ready.Content.ReadAsStringAsync(Cancel));
    }

    /// <summary>A store that can be away.</summary>
    private sealed class AwayStore(IArtifactStore store, Func<bool> isAway) : IArtifactStore
    {
        private IArtifactStore Here => isAway() ? throw new ArtifactStoreException("the store is away") : store;

        public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
            Here.PutAsync(name, content, cancellationToken);

        public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken) => Here.ReadAsync(reference, cancellationToken);

        public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) =>
            Here.ReadRangeAsync(reference, offset, part, cancellationToken);

        public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => Here.FindAsync(name, cancellationToken);

        public Task DeleteAsync(string name, CancellationToken cancellationToken) => Here.DeleteAsync(name, cancellationToken);
    }
}
