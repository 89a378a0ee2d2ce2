using System.Text.Json.Nodes;
using FlDurable.Shared.Work;
using FlDurable.Worker.Tests.Support;

namespace FlDurable.Worker.Tests;

/// <summary>Workers without data, which do what a host offers: with its bits, whoever of them dies, and without them if need be.</summary>
public sealed class PoolTests : IDisposable
{
    private readonly TestFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("fedavg", 1)]
    [InlineData("fednova", 2)]
    [InlineData("scaffold", 3)]
    public async Task A_federation_in_the_pool_has_the_parameters_of_the_one_at_the_host_after_every_round(string strategy, int cohortSize)
    {
        string[] fields = ["--strategy", strategy, "--optimizer", "sgd", "--cohort-size", $"{cohortSize}"];
        var simulated = await Simulation.RunFederationAsync(folder["state"], ["--rounds", "2", .. fields]);
        await using var host = await SiteHost.StartAsync();
        await host.AddToPoolAsync("gpu");
        await using var one = RunningWorker.StartInPool(host, "gpu");
        await using var two = RunningWorker.StartInPool(host, "gpu", request => request with { Slots = 2 });

        await host.StartInPoolAsync("fed", new JsonObject { ["fallback"] = "none" }, ("strategy", strategy), ("optimizer", "sgd"), ("cohortSize", cohortSize));
        var federation = await host.WaitAsync("fed");

        Assert.True(federation["status"]!.GetValue<string>() == "completed", $"{federation}\n{one.Log}\n{host.Log}");
        Assert.Equal(simulated, SiteHost.Parameters(federation));
        Assert.Contains("TrainClient of fed, round 2", one.Log + two.Log, StringComparison.Ordinal);
        Assert.Contains("\"asking\":2", await ListAsync(host), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_of_a_worker_that_was_not_heard_of_again_is_offered_anew_and_done_by_another_with_the_same_bits()
    {
        var simulated = await Simulation.RunFederationAsync(folder["state"], "--rounds", "2");
        await using var host = await SiteHost.StartAsync();
        await host.AddToPoolAsync("gpu");
        using var isDead = new ManualResetEventSlim();
        await using var dying = RunningWorker.StartInPool(
            host, "gpu", request => request with { Between = inner => new FaultyNetwork(inner) { LosesRequest = _ => isDead.IsSet } },
            OtherEngine.Replacing(cancel =>
            {
                isDead.Set(); // from now on nobody hears of it
                cancel.WaitHandle.WaitOne();
                cancel.ThrowIfCancellationRequested();
            }));

        await host.StartInPoolAsync("fed", new JsonObject { ["fallback"] = "none", ["attemptTimeoutSeconds"] = 2 });
        isDead.Wait(Cancel);
        await using var other = RunningWorker.StartInPool(host, "gpu");
        var federation = await host.WaitAsync("fed");

        Assert.True(federation["status"]!.GetValue<string>() == "completed", $"{federation}\n{other.Log}\n{host.Log}");
        Assert.Equal(simulated, SiteHost.Parameters(federation));
        Assert.Empty((await host.RoundAsync("fed", 1))["failures"]!.AsArray());
    }

    [Fact]
    public async Task The_host_does_the_work_itself_where_no_worker_is_left()
    {
        var simulated = await Simulation.RunFederationAsync(folder["state"], "--rounds", "2", "--cohort-size", "2");
        await using var host = await SiteHost.StartAsync();

        await host.StartInPoolAsync("fed", new JsonObject { ["queueTimeoutSeconds"] = 1 }, ("cohortSize", 2));
        var federation = await host.WaitAsync("fed");

        Assert.Equal(simulated, SiteHost.Parameters(federation));
        Assert.Contains("falls back to this host", host.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_no_worker_is_left_and_nobody_is_to_do_it_instead_the_federation_says_so()
    {
        await using var host = await SiteHost.StartAsync();

        await host.StartInPoolAsync("fed", new JsonObject { ["queueTimeoutSeconds"] = 1, ["fallback"] = "none" }, ("roundAttempts", 1));
        var federation = await host.WaitAsync("fed");

        Assert.Equal("failed", federation["status"]!.GetValue<string>());
        Assert.Contains("no worker took it for 1 seconds", federation.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Work_that_fails_wherever_it_is_done_is_a_named_failure_and_is_not_brought_to_the_host()
    {
        await using var host = await SiteHost.StartAsync();
        await host.AddToPoolAsync("gpu");
        await using var worker = RunningWorker.StartInPool(
            host, "gpu", configure: OtherEngine.Replacing(_ => throw new InvalidOperationException("PATIENT-4711")));

        await host.StartInPoolAsync("fed", [], ("roundAttempts", 1), ("cohortSize", 3));
        var federation = await host.WaitAsync("fed");

        Assert.Equal("failed", federation["status"]!.GetValue<string>());
        Assert.Contains("3 workers took it and were not heard of again", federation.ToJsonString(), StringComparison.Ordinal);
        Assert.Contains("PATIENT-4711", worker.Log, StringComparison.Ordinal);
        Assert.DoesNotContain("PATIENT-4711", host.Log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_told_to_stop_gives_its_work_back_and_that_counts_as_no_delivery()
    {
        await using var host = await SiteHost.StartAsync();
        await host.AddToPoolAsync("gpu");
        await host.StartInPoolAsync("fed", new JsonObject { ["fallback"] = "none" }, ("rounds", 1), ("cohortSize", 3));
        for (var time = 0; time < 5; time++)
        {
            using var begun = new ManualResetEventSlim();
            await using var stopped = RunningWorker.StartInPool(
                host, "gpu",
                configure: OtherEngine.Replacing(cancel =>
                {
                    begun.Set();
                    cancel.WaitHandle.WaitOne();
                    cancel.ThrowIfCancellationRequested();
                }));
            begun.Wait(Cancel);
            await stopped.StopAsync();
            Assert.Contains("given back", stopped.Log, StringComparison.Ordinal);
        }

        await using var worker = RunningWorker.StartInPool(host, "gpu");
        Assert.Equal("completed", (await host.WaitAsync("fed"))["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task Work_that_no_worker_can_do_waits_and_it_is_said_why_until_one_comes_that_can()
    {
        await using var host = await SiteHost.StartAsync();
        await host.AddToPoolAsync("gpu");
        await host.AddToPoolAsync("other");
        await using var unsuited = RunningWorker.StartInPool(host, "gpu", configure: OtherEngine.Named("another"));
        await host.StartInPoolAsync("fed", new JsonObject { ["fallback"] = "none" }, ("rounds", 1));
        const string why = "training of round 1 waits for a worker of the pool that can do it: of the last that asked, it has no engine 'lanes'";

        var waiting = await host.WaitAsync("fed", federation => federation["waiting"] is not null);

        Assert.Equal(("running", why), (waiting["status"]!.GetValue<string>(), waiting["waiting"]!.GetValue<string>()));
        Assert.Contains($"\"waiting\":[\"fed: {why}\"", await ListAsync(host), StringComparison.Ordinal);
        Assert.Contains($"fed: {why}", (await Simulation.RunAsync("pool", "list", "--state", host.StateFolder)).ReplaceLineEndings(" "), StringComparison.Ordinal);
        Assert.Contains($"waiting: {why}", await Simulation.RunAsync("status", "fed", "--state", host.StateFolder), StringComparison.Ordinal);
        await using var suited = RunningWorker.StartInPool(host, "other");
        var federation = await host.WaitAsync("fed");
        Assert.Equal("completed", federation["status"]!.GetValue<string>());
        Assert.Null(federation["waiting"]);
        Assert.DoesNotContain("taken", unsuited.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_is_to_use_an_engine_which_it_does_not_have_does_not_begin()
    {
        await using var host = await SiteHost.StartAsync();
        await host.AddToPoolAsync("gpu");
        await using var worker = RunningWorker.StartInPool(host, "gpu", request => request with { Engine = "another" });

        Assert.Contains("--engine: this worker has no engine 'another'; it has lanes", (await Assert.ThrowsAsync<WorkerException>(() => worker.Ended)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_that_loses_requests_and_answers_changes_nothing()
    {
        var simulated = await Simulation.RunFederationAsync(folder["state"], "--rounds", "2");
        await using var host = await SiteHost.StartAsync();
        await host.AddToPoolAsync("gpu");
        var (count, renewals) = (0, 0); // of their own: when a renewal comes is the clock's to say, and what else is lost shall not hang on that
        await using var worker = RunningWorker.StartInPool(
            host, "gpu",
            request => request with
            {
                Between = inner => new FaultyNetwork(inner)
                {
                    LosesRequest = call => IsRenewal(call) ? Interlocked.Increment(ref renewals) % 3 == 0 : Interlocked.Increment(ref count) % 7 == 0,
                    LosesAnswer = call => IsRenewal(call) ? renewals % 5 == 0 : count % 5 == 0,
                },
            });

        await host.StartInPoolAsync("fed", new JsonObject { ["fallback"] = "none" });
        var federation = await host.WaitAsync("fed");

        Assert.True(federation["status"]!.GetValue<string>() == "completed", $"{federation}\n{worker.Log}\n{host.Log}");
        Assert.Equal(simulated, SiteHost.Parameters(federation));
    }

    private static bool IsRenewal(HttpRequestMessage call) => call.RequestUri!.AbsolutePath.EndsWith($"/{WorkProtocol.Renewals}", StringComparison.Ordinal);

    [Fact]
    public async Task A_worker_whose_key_is_revoked_ends()
    {
        await using var host = await SiteHost.StartAsync();
        await host.AddToPoolAsync("gpu");
        await using var worker = RunningWorker.StartInPool(host, "gpu");
        await SiteHost.UntilAsync(async () => (await ListAsync(host)).Contains("\"asking\":1", StringComparison.Ordinal), () => worker.Log);

        using var revoked = await host.SendAsync(HttpMethod.Delete, "/api/pool/keys/gpu");

        await Assert.ThrowsAsync<KeyRefusedException>(() => worker.Ended.WaitAsync(TimeSpan.FromMinutes(1), Cancel));
        Assert.Contains("\"revoked\"", await ListAsync(host), StringComparison.Ordinal);
    }

    private static async Task<string> ListAsync(SiteHost host)
    {
        using var answer = await host.SendAsync(HttpMethod.Get, "/api/pool/keys");
        return await answer.Content.ReadAsStringAsync(Cancel);
    }
}
