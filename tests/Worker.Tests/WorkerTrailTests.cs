using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using FlDurable.LocalHost.Serve;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Work;
using FlDurable.Worker.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace FlDurable.Worker.Tests;

/// <summary>What a host's audit trail tells of workers.</summary>
public sealed class WorkerTrailTests : IAsyncLifetime
{
    private static readonly string Process = new('0', 32);

    private SiteHost host = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => host = await SiteHost.StartAsync();

    public ValueTask DisposeAsync() => host.DisposeAsync();

    [Fact]
    public async Task It_tells_who_took_which_work_and_how_that_ended_and_not_each_question()
    {
        var siteKey = await host.AddSiteAsync("one");
        var policy = host.InFolder("policy.json");
        await File.WriteAllTextAsync(policy, """{"maxEvaluationsADay": 0}""", Cancel);
        await using (var worker = RunningWorker.Start(host, "one", "synthetic:train=64,test=8,seed=1", request => request with { PolicyFile = policy }))
        {
            await host.StartFederationAsync("fed", "one", ("rounds", 1), ("fractionEvaluate", 1));
            await host.WaitAsync("fed");
        }

        var (lines, text) = await ReadAsync("site_one");

        Assert.Equal(
            [
                "PUT /api/work/enrolment 204", "POST /api/work/leases 200 fed 1 1 fit", "PUT /api/work/leases/{lease}/updates/{sha256} 200", "POST /api/work/leases 200 fed 1 1 evaluate",
                "POST /api/work/leases/{lease}/failure 204 policy-evaluations-a-day",
            ],
            lines.Select(line => string.Join(' ', ((string[])["asked", "answered", "federation", "round", "attempt", "phase", "code"]).Select(name => line[name]?.ToString()).OfType<string>())));
        Assert.All(lines, line => Assert.Equal("127.0.0.1", (string?)line["address"]));
        Assert.Equal(((string?)lines[1]["lease"], (string?)lines[3]["lease"]), ((string?)lines[2]["lease"], (string?)lines[4]["lease"]));
        Assert.NotEqual((string?)lines[1]["lease"], (string?)lines[3]["lease"]);
        Assert.DoesNotContain(siteKey.Split('_')[2], text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_tells_what_was_refused_and_whose_key_is_none_any_more()
    {
        var key = await host.AddSiteAsync("one");
        using var one = host.Caller("one");
        using (var over = await one.PostAsync(Of($"leases/{new string('f', 32)}/completion"), SiteHost.Body(new WorkReport(1, 1, new(1, 0.5))), Cancel))
            Assert.Equal(HttpStatusCode.Gone, over.StatusCode);
        using (var unreadable = await one.PostAsync(Of("leases"), SiteHost.Body("PATIENT-4711"), Cancel))
            Assert.Equal(HttpStatusCode.BadRequest, unreadable.StatusCode);
        using (await host.SendAsync(HttpMethod.Delete, "/api/sites/one/keys"))
        using (var revoked = await one.PostAsync(Of("leases"), SiteHost.Body(new LeaseRequest(1, Process)), Cancel))
            Assert.Equal(HttpStatusCode.Unauthorized, revoked.StatusCode);
        one.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(WorkProtocol.Scheme, "../../PATIENT-4711_x");
        using (await one.PostAsync(Of("leases"), SiteHost.Body(new LeaseRequest(1, Process)), Cancel))
        {
            var (lines, text) = await ReadAsync("site_one");
            Assert.Equal(["POST /api/work/leases/{lease}/completion 410", "POST /api/work/leases 400"], lines.Select(line => $"{line["asked"]} {line["answered"]}"));
            (lines, _) = await ReadAsync(key: null);
            Assert.Equal(["site_one", null], lines.Where(line => (int?)line["answered"] == 401).Select(line => (string?)line["claimedKey"]));
            Assert.DoesNotContain("PATIENT-4711", text, StringComparison.Ordinal);
            Assert.DoesNotContain(key.Split('_')[2], text, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Whoever_is_refused_without_end_fills_no_disk()
    {
        await host.AddSiteAsync("one");
        using var one = host.Caller("one");

        for (var time = 0; time < 40; time++)
            (await one.PostAsync(Of($"leases/{Process}/return"), content: null, Cancel)).Dispose();

        Assert.InRange((await ReadAsync("site_one")).Lines.Count, 20, 22);
    }

    [Fact]
    public async Task Work_that_can_not_be_written_down_is_not_given_out_and_is_there_afterwards()
    {
        await host.AddSiteAsync("one");
        using var one = host.Caller("one");
        var enrolment = new Enrolment(1, Process, "1.0", new ImageShape(3, 32, 32), ["cat", "dog"], 40, 4, new string('a', 64));
        (await one.PutAsync(Of("enrolment"), SiteHost.Body(enrolment), Cancel)).Dispose();
        await host.StartFederationAsync("fed", "one", ("rounds", 1));
        var request = new LeaseRequest(1, Process, WaitSeconds: 25, new string('1', 32));
        var trail = AuditTrail.PathIn(host.StateFolder);
        File.Move(trail, $"{trail}.before");
        Directory.CreateDirectory(trail); // which can't be appended to

        using var refused = await one.PostAsync(Of("leases"), SiteHost.Body(request), Cancel);
        Directory.Delete(trail);
        using var given = await one.PostAsync(Of("leases"), SiteHost.Body(request), Cancel);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (refused.StatusCode, given.StatusCode));
        Assert.Equal("fed", (string?)Assert.Single((await ReadAsync("site_one")).Lines)["federation"]);
    }

    [Fact]
    public void A_caller_has_some_lines_at_once_and_then_one_from_time_to_time()
    {
        var time = new FakeTimeProvider();
        var budget = new LineBudget(most: 2, each: TimeSpan.FromSeconds(6), time);

        Assert.Equal([0, 0, null, null], [budget.Take("one"), budget.Take("one"), budget.Take("one"), budget.Take("one")]);
        Assert.Equal(0, budget.Take("two"));
        time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal([2, null], [budget.Take("one"), budget.Take("one")]); // two were left out before it
        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal([1, 0, null], [budget.Take("one"), budget.Take("one"), budget.Take("one")]);
    }

    private static Uri Of(string what) => new($"/api/work/{what}", UriKind.Relative);

    /// <summary>The lines of a key, and the whole.</summary>
    private async Task<(IReadOnlyList<JsonObject> Lines, string Text)> ReadAsync(string? key)
    {
        var text = await File.ReadAllTextAsync(AuditTrail.PathIn(host.StateFolder), Cancel);
        return ([.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject()).Where(line => (string?)line["key"] == key)], text);
    }
}
