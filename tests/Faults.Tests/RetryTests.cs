using FlDurable.CrashingHost;
using FlDurable.EmbeddedEngine;
using FlDurable.Faults.Tests.Support;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Faults.Tests;

/// <summary>A federation that has failed goes on after its last recorded round, whenever its process dies.</summary>
public sealed class RetryTests(Federations federations) : IClassFixture<Federations>
{
    private const string Cause = "the machine was on fire";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task It_goes_on_after_its_last_round_to_the_same_bits_and_keeps_what_it_had_failed_of(int round)
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round);

        await RetryAsync(state["state"]);

        var result = await ReadResultAsync(state["state"]);
        Assert.Equal(await UndisturbedAsync(), Parameters(result));
        var past = Assert.Single(result.PastFailures!);
        Assert.Equal(round, past.Round);
        Assert.Contains(Cause, past.Reason, StringComparison.Ordinal);
        Assert.Equal(round == 0 ? null : 3, past.MissingClients?.Count);
        foreach (var record in result.Rounds)
            Assert.Equal(record.Round == round, (record.Events ?? []).Any(text => text.StartsWith("retried: ", StringComparison.Ordinal) && text.Contains(Cause, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task It_may_fail_and_be_retried_again_and_again()
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 1);
        for (var retry = 1; retry <= 2; retry++)
        {
            await using var host = Host(state["state"], FailingIn(round: retry + 1 > 2 ? 2 : 1));
            await host.Engine.StartAsync(Cancel);
            await RetryAsync(host);
            Assert.Equal(OrchestrationRuntimeStatus.Failed, (await host.RunToEndAsync()).RuntimeStatus);
        }

        Assert.Equal([1, 1], (await ReadResultAsync(state["state"])).PastFailures!.Select(failure => failure.Round));

        await RetryAsync(state["state"]);

        var result = await ReadResultAsync(state["state"]);
        Assert.Equal(await UndisturbedAsync(), Parameters(result));
        Assert.Equal([1, 1, 2], result.PastFailures!.Select(failure => failure.Round));
    }

    [Theory]
    [InlineData(FaultTime.Before)]
    [InlineData(FaultTime.After)]
    public async Task A_retry_that_is_cut_off_anywhere_is_finished_by_the_next(FaultTime when)
    {
        var fault = 1;
        while (await IsCutOffAsync(new HostFaults { Store = store => new FaultyStore(store, call => call == fault, when) }))
            fault++;
        Assert.InRange(fault, 10, 100);
    }

    [Theory]
    [InlineData(CrashPoints.BeforeCommit)]
    [InlineData(CrashPoints.AfterCommit)]
    public async Task A_process_that_dies_as_the_instance_is_started_once_more_leaves_it_failed_or_on_its_way(string point)
    {
        var isArmed = false;
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 1);
        await using (var host = Host(state["state"], new HostFaults { CrashPoint = at => Die(isArmed && at == point) }))
        {
            await host.Engine.StartAsync(Cancel);
            isArmed = true;
            await Assert.ThrowsAnyAsync<Exception>(() => RetryAsync(host));
        }

        await RetryAsync(state["state"]);

        await AssertRetriedOnceAsync(state["state"]);

        static void Die(bool now)
        {
            if (now)
                throw new IOException("the process is dead");
        }
    }

    [Fact]
    public async Task Two_retries_at_once_are_one()
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 1);
        await using (var host = Host(state["state"]))
        {
            await host.Engine.StartAsync(Cancel);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => RetryAsync(host), Cancel)));
            await host.RunToEndAsync();
        }

        await AssertRetriedOnceAsync(state["state"]);
    }

    [Fact]
    public async Task What_comes_late_of_the_run_that_failed_changes_nothing_of_the_one_that_goes_on()
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 1);
        var spec = await new FileArtifactStore(SmallFederation.Artifacts(state["state"])).FindAsync(ArtifactNames.Spec(SmallFederation.Id), Cancel);
        var late = ContractJson.Serialize(new CompleteFederationInput(spec!, 0, Global: null, "round 1 failed, and it is told late"));
        var hasComeLate = 0;
        await using (var host = Host(state["state"], new HostFaults
        {
            Activities = async (services, activity, input, run) =>
            {
                var output = await run();
                if (input != late && activity is "AggregateUpdates" or "RecordRound" or "CompleteFederation")
                {
                    await services.GetServices<ActivityRegistration>().Single(one => one.Name == Activities.CompleteFederation.Name).RunAsync(services, late, Cancel);
                    Interlocked.Increment(ref hasComeLate);
                }

                return output;
            },
        }))
        {
            await host.Engine.StartAsync(Cancel);
            await RetryAsync(host);
            Assert.Equal(OrchestrationRuntimeStatus.Completed, (await host.RunToEndAsync()).RuntimeStatus);
        }

        Assert.Equal(5, hasComeLate);
        await AssertRetriedOnceAsync(state["state"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_retry_that_others_overtake_twice_anywhere_changes_nothing(bool untilItsEnd)
    {
        var call = 1;
        while (await IsOvertakenAsync(call, untilItsEnd))
            call++;
        Assert.InRange(call, 8, 100);
    }

    [Fact]
    public async Task A_retry_that_is_overtaken_by_another_and_an_end_leaves_it_ended()
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 1);
        var isHeld = new TaskCompletionSource();
        OvertakenStore? store = null;
        await using var host = Host(state["state"], HeldIn(round: 1, isHeld) with { Store = inner => store = new OvertakenStore(inner) });
        await host.Engine.StartAsync(Cancel);

        var isOvertaken = await store!.OvertakeAsync(
            call: 1,
            async () =>
            {
                await RetryAsync(host);
                await host.Services.GetRequiredService<FederationControl>().TerminateAsync(SmallFederation.Id, "enough", Cancel);
            },
            () => RetryAsync(host));
        isHeld.SetResult();

        Assert.True(isOvertaken);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await host.RunToEndAsync()).RuntimeStatus);
        Assert.NotNull(await store.FindAsync(ArtifactNames.Stop(SmallFederation.Id, retries: 1), Cancel));
    }

    [Fact]
    public async Task A_late_duplicate_of_its_failed_end_that_the_retry_overtakes_anywhere_changes_nothing()
    {
        var call = 1;
        while (await IsLateAsync(call))
            call++;
        Assert.InRange(call, 5, 100);
    }

    [Theory]
    [InlineData(1, 1, true)]
    [InlineData(0, 1, false)]
    [InlineData(1, 0, false)]
    public async Task With_noise_it_is_retried_only_where_no_client_may_have_been_given_what_the_round_came_to(double fractionEvaluate, int round, bool isRefused)
    {
        using var state = new TestFolder();
        var spec = SmallFederation.Killed["private"] with { Rounds = 1, FractionEvaluate = fractionEvaluate };
        var fails = round == 0 ? Activities.InitializeModel.Name : Activities.AggregateUpdates.Name;
        await using (var host = Host(state["state"], new HostFaults { Activities = (_, activity, _, run) => activity == fails ? throw new InvalidOperationException(Cause) : run() }))
        {
            await host.LaunchAsync(spec);
            Assert.Equal(OrchestrationRuntimeStatus.Failed, (await host.RunToEndAsync()).RuntimeStatus);
        }

        if (!isRefused)
        {
            await RetryAsync(state["state"]);
            return;
        }

        const string Reason = "another attempt would have the same noise and perhaps other updates";
        Assert.Contains(Reason, await RefusedAsync(state["state"]), StringComparison.Ordinal);
        await new FileArtifactStore(SmallFederation.Artifacts(state["state"])).DeleteAsync(ArtifactNames.Stop(SmallFederation.Id), Cancel);
        foreach (var file in Directory.EnumerateFiles(state["state"], "engine.db*"))
            File.Delete(file);
        await using var lost = Host(state["state"]);
        var refused = await Assert.ThrowsAsync<FederationConflictException>(() => lost.LaunchAsync(spec));
        Assert.Contains(Reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_was_terminated_is_not_retried()
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 1);
        var isHeld = new TaskCompletionSource();
        await using var host = Host(state["state"], HeldIn(round: 1, isHeld));
        await host.Engine.StartAsync(Cancel);
        await RetryAsync(host);
        await host.Services.GetRequiredService<FederationControl>().TerminateAsync(SmallFederation.Id, "enough", Cancel);

        var terminated = await Assert.ThrowsAsync<FederationConflictException>(() => RetryAsync(host));
        isHeld.SetResult();

        Assert.Contains("is terminated: only one that has failed can be retried", terminated.Message, StringComparison.Ordinal);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await host.RunToEndAsync()).RuntimeStatus);
    }

    [Fact]
    public async Task One_that_is_completed_is_not_retried_and_one_that_runs_is_left_so()
    {
        using var state = new TestFolder();
        await using var host = Host(state["state"]);
        await host.LaunchAsync(Federations.Small);
        await RetryAsync(host);
        await host.RunToEndAsync();

        var completed = await Assert.ThrowsAsync<FederationConflictException>(() => RetryAsync(host));
        await Assert.ThrowsAsync<KeyNotFoundException>(() => host.Services.GetRequiredService<FederationRetry>().RetryAsync("none", Cancel));

        Assert.Contains("is completed: only one that has failed can be retried", completed.Message, StringComparison.Ordinal);
        Assert.Null((await ReadResultAsync(state["state"])).PastFailures);
    }

    [Fact]
    public async Task A_host_without_a_part_of_it_refuses_to_and_changes_nothing()
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 1);

        var reason = await RefusedAsync(state["state"], new HostFaults { Services = services => services.AddSingleton(new StrategyRegistry([])) });

        Assert.Contains("federation 'fed' can't be retried by this host: ", reason, StringComparison.Ordinal);
        Assert.Contains("'fedavg'", reason, StringComparison.Ordinal);
        await RetryAsync(state["state"]);
        await AssertRetriedOnceAsync(state["state"]);
    }

    [Fact]
    public async Task A_host_without_the_package_that_it_was_started_with_refuses_to_and_changes_nothing()
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 1);
        var store = new FileArtifactStore(SmallFederation.Artifacts(state["state"]));
        var name = ArtifactNames.Spec(SmallFederation.Id);
        var spec = (await store.FindJsonAsync<ResolvedSpec>(name, Cancel))! with { Packages = [new PackageVersion("Own.Parts", "1.0.0")], Seal = null };
        await store.DeleteAsync(name, Cancel);
        await store.PutJsonAsync(name, spec with { Seal = DocumentSeal.Of(spec) }, Cancel);

        var reason = await RefusedAsync(state["state"]);

        Assert.Contains("was started with Own.Parts 1.0.0, and this host is without it", reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_its_database_one_that_had_failed_is_retried_by_being_launched_again()
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 2);
        foreach (var file in Directory.EnumerateFiles(state["state"], "engine.db*"))
            File.Delete(file);

        await using (var host = Host(state["state"]))
        {
            await host.LaunchAsync(Federations.Small);
            Assert.Equal(OrchestrationRuntimeStatus.Completed, (await host.RunToEndAsync()).RuntimeStatus);
        }

        await AssertRetriedOnceAsync(state["state"]);
    }

    /// <summary>Checks that a retry is refused and leaves every artifact as it was.</summary>
    /// <returns>Why it is refused.</returns>
    private async Task<string> RefusedAsync(string state, HostFaults? faults = null)
    {
        var stop = ArtifactNames.Stop(SmallFederation.Id);
        await new FileArtifactStore(SmallFederation.Artifacts(state)).PutAsync(stop, "asked for as it failed"u8.ToArray(), Cancel);
        var before = FederationOutcome.Read(state);
        await using var host = Host(state, faults);
        await host.Engine.StartAsync(Cancel);
        var refused = await Assert.ThrowsAsync<FederationConflictException>(() => RetryAsync(host));
        Assert.Equal(before, FederationOutcome.Read(state));
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await host.Client.GetInstanceAsync(SmallFederation.Id, Cancel))!.RuntimeStatus);
        return refused.Message;
    }

    /// <summary>Retries, with what goes wrong then, and once more.</summary>
    /// <returns>Whether the first try was cut off.</returns>
    private async Task<bool> IsCutOffAsync(HostFaults faults)
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 1);
        var isCutOff = false;
        await using (var host = Host(state["state"], faults))
        {
            await host.Engine.StartAsync(Cancel);
            try
            {
                await RetryAsync(host);
            }
            catch (ArtifactStoreException)
            {
                isCutOff = true;
            }
        }

        await RetryAsync(state["state"]);
        await AssertRetriedOnceAsync(state["state"]);
        return isCutOff;
    }

    /// <summary>Retries slowly, while others retry it, see it fail, and retry it again.</summary>
    /// <returns>Whether it had so many steps.</returns>
    private async Task<bool> IsOvertakenAsync(int call, bool untilItsEnd)
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 1);
        var isBroken = true;
        OvertakenStore? store = null;
        await using var host = Host(state["state"], new HostFaults
        {
            Store = inner => store = new OvertakenStore(inner),
            Activities = (_, activity, _, run) => isBroken && activity == Activities.TrainClient.Name ? throw new InvalidOperationException(Cause) : run(),
        });
        await host.Engine.StartAsync(Cancel);
        var isOvertaken = await store!.OvertakeAsync(
            call,
            async () =>
            {
                host.Time.Advance(TimeSpan.FromHours(1)); // two failures are told apart by their time
                await RetryAsync(host);
                Assert.Equal(OrchestrationRuntimeStatus.Failed, (await host.RunToEndAsync()).RuntimeStatus);
                isBroken = false;
                await RetryAsync(host);
                if (untilItsEnd)
                    await host.RunToEndAsync();
            },
            () => RetryAsync(host));
        if (!isOvertaken)
            return false;

        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await host.RunToEndAsync()).RuntimeStatus);
        var result = await ReadResultAsync(state["state"]);
        Assert.Equal((FederationStatus.Completed, 2), (result.Status, result.PastFailures!.Count));
        Assert.Equal(await UndisturbedAsync(), Parameters(result));
        Assert.NotNull(await store.FindAsync(ArtifactNames.Model(SmallFederation.Id), Cancel));
        Assert.Equal(2, await store.CountRetriesAsync(SmallFederation.Id, Cancel));
        return true;
    }

    /// <summary>
    /// Writes the result of the failed end once more, slowly, as if none were written yet, while the federation is retried and its clients train.
    /// </summary>
    /// <returns>Whether it had so many steps.</returns>
    private async Task<bool> IsLateAsync(int call)
    {
        using var state = new TestFolder();
        await FailAsync(state["state"], round: 1);
        File.Delete(Path.Combine(SmallFederation.Artifacts(state["state"]), ArtifactNames.Result(SmallFederation.Id)));
        var (isTrained, isLate) = (new TaskCompletionSource(), new TaskCompletionSource());
        OvertakenStore? store = null;
        await using var host = Host(state["state"], new HostFaults
        {
            Store = inner => store = new OvertakenStore(inner),
            Activities = async (_, activity, _, run) =>
            {
                if (activity == Activities.AggregateLeaf.Name)
                {
                    isTrained.TrySetResult();
                    await isLate.Task;
                }

                return await run();
            },
        });
        await host.Engine.StartAsync(Cancel);
        var spec = await store!.FindAsync(ArtifactNames.Spec(SmallFederation.Id), Cancel);
        var late = ContractJson.Serialize(new CompleteFederationInput(spec!, 0, Global: null, "round 1 failed, and it is told late"));
        var completing = host.Services.GetServices<ActivityRegistration>().Single(one => one.Name == Activities.CompleteFederation.Name);
        var isOvertaken = await store.OvertakeAsync(
            call,
            async () =>
            {
                await RetryAsync(host);
                await isTrained.Task.WaitAsync(Cancel);
            },
            () => completing.RunAsync(host.Services, late, Cancel));
        isLate.SetResult();
        if (!isOvertaken)
            return false;

        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await host.RunToEndAsync()).RuntimeStatus);
        var result = await ReadResultAsync(state["state"]);
        Assert.Equal(FederationStatus.Completed, result.Status);
        Assert.Equal(await UndisturbedAsync(), Parameters(result));
        Assert.NotNull(await store.FindAsync(ArtifactNames.Model(SmallFederation.Id), Cancel));
        Assert.DoesNotContain("updates/", FederationOutcome.Read(state["state"]), StringComparison.Ordinal);
        return true;
    }

    private async Task AssertRetriedOnceAsync(string state)
    {
        var result = await ReadResultAsync(state);
        Assert.Equal(await UndisturbedAsync(), Parameters(result));
        Assert.Contains(Cause, Assert.Single(result.PastFailures!).Reason, StringComparison.Ordinal);
        Assert.Single(result.Rounds.SelectMany(round => round.Events ?? []), text => text.StartsWith("retried: ", StringComparison.Ordinal));
        Assert.DoesNotContain("updates/", FederationOutcome.Read(state), StringComparison.Ordinal);
    }

    /// <summary>Runs a federation that fails of a round.</summary>
    private async Task FailAsync(string state, int round)
    {
        await using var host = Host(state, FailingIn(round));
        await host.LaunchAsync(Federations.Small);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, (await host.RunToEndAsync()).RuntimeStatus);
    }

    /// <summary>Retries it and runs it to its end, with nothing going wrong. One that is on its way already waits, lest it be over before it is retried.</summary>
    private async Task RetryAsync(string state)
    {
        var isRetried = new TaskCompletionSource();
        await using var host = Host(state, new HostFaults
        {
            Activities = async (_, _, _, run) =>
            {
                await isRetried.Task.WaitAsync(Cancel);
                return await run();
            },
        });
        await host.Engine.StartAsync(Cancel);
        try
        {
            await RetryAsync(host);
        }
        finally
        {
            isRetried.SetResult();
        }

        var end = await host.RunToEndAsync();
        Assert.True(end.RuntimeStatus == OrchestrationRuntimeStatus.Completed, end.FailureReason);
    }

    private static Task RetryAsync(VirtualHost host) => host.Services.GetRequiredService<FederationRetry>().RetryAsync(SmallFederation.Id, Cancel);

    private VirtualHost Host(string state, HostFaults? faults = null) => VirtualHost.Create(state, federations.Cache, faults);

    private static HostFaults FailingIn(int round) => new()
    {
        Activities = (_, activity, input, run) =>
            (activity == Activities.TrainClient.Name && ContractJson.Deserialize<CohortInput>(input).Round == round)
            || (activity == Activities.InitializeModel.Name && round == 0)
                ? throw new InvalidOperationException(Cause)
                : run(),
    };

    /// <summary>Clients of a round wait.</summary>
    private static HostFaults HeldIn(int round, TaskCompletionSource held) => new()
    {
        Activities = async (_, activity, input, run) =>
        {
            if (activity == Activities.TrainClient.Name && ContractJson.Deserialize<CohortInput>(input).Round == round)
                await held.Task;
            return await run();
        },
    };

    private static async Task<FederationResult> ReadResultAsync(string state)
    {
        var store = new FileArtifactStore(SmallFederation.Artifacts(state));
        return (await new RecordedFederation(store, SmallFederation.Id).FindResultAsync(output: null, Cancel))!;
    }

    private async Task<IEnumerable<string>> UndisturbedAsync()
    {
        using var state = new TestFolder();
        await using (var host = Host(state["state"]))
        {
            await host.LaunchAsync(Federations.Small);
            await host.RunToEndAsync();
        }

        return Parameters(await ReadResultAsync(state["state"]));
    }

    private static List<string> Parameters(FederationResult result) => [.. result.Rounds.Select(round => round.ParametersSha256)];
}
