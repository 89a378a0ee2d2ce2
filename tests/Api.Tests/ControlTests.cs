using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using FlDurable.Api.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Api.Tests;

/// <summary>Terminate, suspend, resume and purge.</summary>
public sealed class ControlTests(SharedHost shared)
{
    private readonly ApiHost host = shared.Host;

    [Fact]
    public async Task A_federation_that_is_terminated_keeps_its_rounds_and_the_reason_and_can_then_be_purged()
    {
        using var started = await host.StartAsync(ApiHost.Spec("ended", ("rounds", 1_000_000)));
        await host.WaitAsync("ended", federation => federation["rounds"]!.AsArray().Count > 1);

        using var tooEarly = await host.DeleteAsync("/api/federations/ended");
        using var terminated = await host.PostAsync("/api/federations/ended/terminate?reason=enough%20seen");

        await tooEarly.ProblemAsync(HttpStatusCode.Conflict);
        Assert.Equal(HttpStatusCode.Accepted, terminated.StatusCode);
        Assert.Equal("/api/federations/ended", terminated.Headers.Location?.OriginalString);
        var federation = await host.WaitAsync("ended");
        Assert.Equal(("terminated", "enough seen"), (federation.Status(), federation["failure"]!.GetValue<string>()));
        Assert.NotEmpty(federation["rounds"]!.AsArray());
        using var purged = await host.DeleteAsync("/api/federations/ended");
        Assert.Equal(HttpStatusCode.NoContent, purged.StatusCode);
    }

    [Fact]
    public async Task A_federation_that_is_terminated_has_a_span_to_its_end_as_others_have()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == FederationTraces.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        using var started = await host.StartAsync(ApiHost.Spec("spanned", ("rounds", 1_000_000)));
        await host.WaitAsync("spanned", federation => federation["rounds"]!.AsArray().Count > 1);

        using var terminated = await host.PostAsync("/api/federations/spanned/terminate");
        var federation = await host.WaitAsync("spanned");

        var its = spans.Where(span => span.GetTagItem("fldurable.federation") is "spanned").ToList();
        var ended = Assert.Single(its, span => span.DisplayName == "Federation");
        Assert.Equal(("terminated", federation["progress"]!["round"]!.GetValue<int>()), (ended.GetTagItem("fldurable.status"), ended.GetTagItem("fldurable.rounds")));
        Assert.Equal(federation["createdAt"]!.GetValue<DateTimeOffset>().UtcDateTime, ended.StartTimeUtc);
        Assert.Contains(ended.SpanId, its.First(span => span.DisplayName == "Round").Links.Select(link => link.Context.SpanId));
    }

    [Fact]
    public async Task A_federation_that_is_over_stays_as_it_is_when_it_is_terminated()
    {
        await host.FinishAsync(ApiHost.Spec("over"));

        using var terminated = await host.PostAsync("/api/federations/over/terminate");

        Assert.Equal("completed", (await terminated.JsonAsync()).Status());
    }

    [Fact]
    public async Task A_federation_that_was_suspended_comes_to_the_same_bits_once_it_is_resumed()
    {
        var undisturbed = await host.FinishAsync(ApiHost.Spec("undisturbed", ("rounds", 4)));
        using var started = await host.StartAsync(ApiHost.Spec("held", ("rounds", 4)));

        using var suspended = await host.PostAsync("/api/federations/held/suspend");
        var held = await host.WaitAsync("held", federation => federation.Status() == "suspended");
        using var resumed = await host.PostAsync("/api/federations/held/resume");

        Assert.Equal((HttpStatusCode.Accepted, HttpStatusCode.Accepted), (suspended.StatusCode, resumed.StatusCode));
        Assert.True(held["rounds"]!.AsArray().Count < 5);
        Assert.Equal(undisturbed.Parameters(), (await host.WaitAsync("held")).Parameters());
    }

    [Theory]
    [InlineData("POST", "/terminate")]
    [InlineData("POST", "/suspend")]
    [InlineData("POST", "/resume")]
    [InlineData("DELETE", "")]
    public async Task A_federation_that_is_purged_between_two_looks_is_not_there(string method, string call)
    {
        using var folder = new TestFolder();
        await using (var before = await ApiHost.StartAsync(folder: folder.Path))
            await before.FinishAsync(ApiHost.Spec("vanishing"));
        await using var host = await ApiHost.StartAsync(services => services.Decorate<IOrchestrationClient>(VanishingInstances.Over), needsKey: false, folder: folder.Path);
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/federations/vanishing{call}");

        using var answer = await host.Client.SendAsync(request, TestContext.Current.CancellationToken);

        await answer.ProblemAsync(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("GET", "/one")]
    [InlineData("GET", "/one/rounds/1")]
    [InlineData("GET", "/one/model")]
    [InlineData("POST", "")]
    [InlineData("POST", "/one/suspend")]
    [InlineData("DELETE", "/one")]
    public async Task An_engine_that_can_not_be_reached_is_asked_again_later(string method, string call)
    {
        await using var unreachable = await ApiHost.StartAsync(services => services.Decorate<IOrchestrationClient>(UnreachableInstances.Instead), needsKey: false);
        using var request = new HttpRequestMessage(new HttpMethod(method), $"/api/federations{call}");
        if (method == "POST" && call.Length == 0)
            request.Content = new StringContent(ApiHost.Spec("one").ToJsonString(), Encoding.UTF8, "application/json");

        using var answer = await unreachable.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.NotNull(answer.Headers.RetryAfter);
        var problem = await answer.JsonAsync();
        Assert.Equal("/problems/storage-unavailable", problem["type"]!.GetValue<string>());
        Assert.DoesNotContain(UnreachableInstances.Secret, problem.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains(UnreachableInstances.Secret, unreachable.Log, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("suspend")]
    [InlineData("resume")]
    public async Task A_federation_that_is_over_is_neither_suspended_nor_resumed(string what)
    {
        await host.FinishAsync(ApiHost.Spec($"over-{what}"));

        using var answer = await host.PostAsync($"/api/federations/over-{what}/{what}");

        await answer.ProblemAsync(HttpStatusCode.Conflict);
    }

    [Theory]
    [InlineData("terminate")]
    [InlineData("suspend")]
    [InlineData("resume")]
    public async Task What_is_asked_of_a_federation_that_is_not_there_is_not_done(string what)
    {
        using var unknown = await host.PostAsync($"/api/federations/none/{what}");
        using var impossible = await host.PostAsync($"/api/federations/NONE/{what}?reason={new string('x', 501)}");

        await unknown.ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal(["id", "reason"], (await impossible.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
    }

    [Fact]
    public async Task A_purge_needs_an_id_that_can_be_and_is()
    {
        using var unknown = await host.DeleteAsync("/api/federations/none");
        using var impossible = await host.DeleteAsync("/api/federations/..%2F..%2Fetc");

        await unknown.ProblemAsync(HttpStatusCode.NotFound);
        Assert.Equal(["id"], (await impossible.ProblemAsync(HttpStatusCode.BadRequest)).Select(error => error.Key));
    }
}
