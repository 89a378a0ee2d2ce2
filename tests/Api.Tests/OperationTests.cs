using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;
using FlDurable.LocalHost.Doctor;
using FlDurable.LocalHost.Places;
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
            services => services.Decorate<IArtifactStore>(store => new AwayStore(store, _ => isAway)), needsKey: false);
        isAway = true;

        using var live = await host.GetAsync("/health/live");
        using var ready = await host.GetAsync("/health/ready");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable), (live.StatusCode, ready.StatusCode));
        Assert.Equal("Unhealthy: artifacts can't be written", await ready.Content.ReadAsStringAsync(Cancel));
    }

    [Fact]
    public async Task A_server_whose_work_waits_for_space_is_not_ready_though_something_small_still_fits()
    {
        await using var host = await ApiHost.StartAsync(
            services => services.Decorate<IArtifactStore>(store => new AwayStore(store, bytes => bytes > 10_000)), needsKey: false);
        using var started = await host.StartAsync(ApiHost.Spec("waiting"));
        await host.WaitAsync("waiting", federation => federation["waiting"] is not null);

        using var ready = await host.GetAsync("/health/ready");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(
            "Unhealthy: work waits, since the disk or the storage could not be read or written; status says what", await ready.Content.ReadAsStringAsync(Cancel));
    }

    [Theory]
    [InlineData("http://127.0.0.1", Condition.Well, "serve listens at http://127.0.0.1:{0}")]
    [InlineData("http://*", Condition.Note, "serve listens at http://127.0.0.1:{0}, not at http://*:{0}: others can't reach it")]
    public async Task The_doctor_says_where_a_server_really_listens(string asked, object condition, string words)
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);
        var port = host.Address.Port;

        var finding = Assert.Single(ServerCheckup.Ports(new StateFolder(host.StateFolder, IsNamed: true), ListenAddress.ParseAll($"{asked}:{port}")));

        Assert.Equal((condition, string.Format(CultureInfo.InvariantCulture, words, port)), (finding.Condition, finding.What));
    }

    /// <summary>A store that can be away, for all or for as many bytes as are to be written.</summary>
    private sealed class AwayStore(IArtifactStore store, Func<long, bool> isAway) : IArtifactStore
    {
        private IArtifactStore Here => HereFor(bytes: 0);

        private IArtifactStore HereFor(long bytes) => isAway(bytes) ? throw new ArtifactStoreException("the store is away") : store;

        public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
            HereFor(content.Length).PutAsync(name, content, cancellationToken);

        public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken) => Here.ReadAsync(reference, cancellationToken);

        public Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken) =>
            Here.ReadRangeAsync(reference, offset, part, cancellationToken);

        public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => Here.FindAsync(name, cancellationToken);

        public Task DeleteAsync(string name, CancellationToken cancellationToken) => Here.DeleteAsync(name, cancellationToken);
    }
}
