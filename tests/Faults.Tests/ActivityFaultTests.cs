using System.Collections.Concurrent;
using FlDurable.CrashingHost;
using FlDurable.Faults.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Faults.Tests;

/// <summary>Activities die, come twice, come late: the same bits, or one failure with a name.</summary>
public sealed class ActivityFaultTests(Federations federations) : IClassFixture<Federations>
{
    private const string Death = "the activity died";

    /// <summary>
    /// All but those that only a database that was lost, or a liar, makes necessary, and those that tell of a federation's end, which is over then.
    /// </summary>
    public static TheoryData<string> All =>
    [
        .. typeof(Activities).GetProperties().Select(activity => activity.Name).Except(
        [
            Activities.FindRound.Name, Activities.FindOutliers.Name, Activities.BeginNotification.Name, Activities.SendNotification.Name,
        ]),
    ];

    /// <summary>Those that no federation can do without.</summary>
    public static TheoryData<string> Indispensable =>
    [
        .. All.Select(row => row.Data).Except([Activities.TrainClient.Name, Activities.EvaluateClient.Name, Activities.CleanUpRound.Name]),
    ];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_activity_that_dies_before_it_has_written_anything_is_run_again_to_the_same_bits(string name)
    {
        var dead = new ConcurrentDictionary<string, bool>();

        await federations.AssertSameAsync(Federations.With(name), new HostFaults
        {
            Activities = (_, activity, input, run) => activity == name && dead.TryAdd(input, true) ? throw new InvalidOperationException(Death) : run(),
        });

        Assert.NotEmpty(dead);
    }

    [Theory]
    [MemberData(nameof(All))]
    public async Task An_activity_that_dies_when_it_has_written_everything_is_run_again_to_the_same_bits(string name)
    {
        var dead = new ConcurrentDictionary<string, bool>();

        await federations.AssertSameAsync(Federations.With(name), new HostFaults
        {
            Activities = async (_, activity, input, run) =>
            {
                var output = await run();
                return activity == name && dead.TryAdd(input, true) ? throw new InvalidOperationException(Death) : output;
            },
        });

        Assert.NotEmpty(dead);
    }

    [Theory]
    [MemberData(nameof(Indispensable))]
    public async Task A_server_activity_that_always_dies_is_the_federations_failure_by_its_name(string name)
    {
        var ended = await federations.RunAsync(Federations.With(name), AlwaysDies(name));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.Status);
        Assert.Contains($"{name} failed: {Death}", ended.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_that_always_dies_is_the_federations_failure_with_the_first_client_named()
    {
        var ended = await federations.RunAsync(Federations.Small, AlwaysDies(Activities.TrainClient.Name));

        Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.Status);
        Assert.Contains(
            $"0 good updates of 3 clients, the quorum is 3; client-0 in TrainClient: {Death}", ended.Failure, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluating_that_always_dies_costs_a_round_nothing_but_its_metrics()
    {
        var ended = await federations.RunAsync(Federations.Small, AlwaysDies(Activities.EvaluateClient.Name));

        Assert.Equal(OrchestrationRuntimeStatus.Completed, ended.Status);
        Assert.Equal(Models(await federations.UndisturbedAsync(Federations.Small)), Models(ended.Outcome));
    }

    [Fact]
    public async Task Cleaning_up_that_always_dies_changes_no_bit() =>
        await federations.AssertSameAsync(Federations.Small, AlwaysDies(Activities.CleanUpRound.Name));

    [Fact]
    public async Task Every_activity_run_twice_at_once_returns_one_result_and_leaves_the_same_bits()
    {
        var differences = new ConcurrentBag<string>();

        await federations.AssertSameAsync(Federations.Small, new HostFaults
        {
            Activities = async (_, activity, _, run) =>
            {
                var outputs = await Task.WhenAll(Task.Run(run, Cancel), Task.Run(run, Cancel));
                if (outputs[0] != outputs[1])
                    differences.Add($"{activity}: {outputs[0]} and {outputs[1]}");
                return outputs[1];
            },
        });

        Assert.Empty(differences);
    }

    [Fact]
    public async Task Every_activity_that_comes_again_when_all_is_over_returns_what_it_did_or_misses_its_input_and_leaves_everything_as_it_is()
    {
        using var state = new TestFolder();
        var done = new ConcurrentQueue<(string Activity, string Input, string Output)>();
        await using (var host = VirtualHost.Create(state["state"], federations.Cache, new HostFaults
        {
            Activities = async (_, activity, input, run) =>
            {
                var output = await run();
                done.Enqueue((activity, input, output));
                return output;
            },
        }))
        {
            await host.LaunchAsync(Federations.Small);
            await host.RunToEndAsync();
        }

        var before = FederationOutcome.Read(state["state"]);
        await using var late = VirtualHost.Create(state["state"], federations.Cache);
        var missing = new HashSet<string>(StringComparer.Ordinal);
        foreach (var (activity, input, output) in done)
        {
            try
            {
                Assert.Equal((activity, output), (activity, await RunAsync(late.Services, activity, input)));
            }
            catch (Exception exception) when (exception is ArtifactMissingException or OperationCanceledException)
            {
                missing.Add(activity);
            }
        }

        Assert.Equal(before, FederationOutcome.Read(state["state"]));

        // What these were made of is deleted with the round's updates; nobody waits for them.
        Assert.Equal(["AggregateLeaf", "EvaluateClient", "EvaluateGlobal", "TrainClient"], missing.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_aggregation_that_comes_again_right_after_the_clean_up_returns_what_the_first_one_made()
    {
        var aggregations = new ConcurrentDictionary<int, (string Input, string Output)>();
        var again = new ConcurrentBag<(string, string)>();

        await federations.AssertSameAsync(Federations.Small, new HostFaults
        {
            Activities = async (services, activity, input, run) =>
            {
                var output = await run();
                if (activity == Activities.AggregateUpdates.Name)
                    aggregations[ContractJson.Deserialize<AggregateUpdatesInput>(input).Round] = (input, output);
                if (activity == Activities.CleanUpRound.Name)
                {
                    var aggregation = aggregations[ContractJson.Deserialize<CleanUpRoundInput>(input).Round];
                    again.Add((aggregation.Output, await RunAsync(services, Activities.AggregateUpdates.Name, aggregation.Input)));
                }

                return output;
            },
        });

        Assert.Equal(Federations.Small.Rounds, again.Count);
        Assert.All(again, outputs => Assert.Equal(outputs.Item1, outputs.Item2));
    }

    [Fact]
    public async Task An_update_that_is_damaged_costs_an_attempt_at_the_round_and_no_bit()
    {
        using var state = new TestFolder();
        var damaged = 0;
        await using (var host = VirtualHost.Create(state["state"], federations.Cache, new HostFaults
        {
            Activities = async (_, activity, _, run) =>
            {
                if (activity == Activities.AggregateLeaf.Name && Interlocked.Exchange(ref damaged, 1) == 0)
                    Truncate(Directory.EnumerateFiles(SmallFederation.Artifacts(state["state"]), "*client-1.safetensors", SearchOption.AllDirectories).Single());
                return await run();
            },
        }))
        {
            await host.LaunchAsync(Federations.Small);
            await host.RunToEndAsync();
        }

        Assert.Equal(await federations.UndisturbedAsync(Federations.Small), FederationOutcome.Read(state["state"]));

        static void Truncate(string file)
        {
            using var update = File.OpenWrite(file);
            update.SetLength(update.Length - 1);
        }
    }

    [Fact]
    public async Task An_event_that_is_delivered_twice_changes_no_bit()
    {
        using var state = new TestFolder();
        await using var host = VirtualHost.Create(state["state"], federations.Cache);
        await host.LaunchAsync(Federations.Small);
        for (var delivery = 0; delivery < 2; delivery++)
            await host.Client.RaiseEventAsync(SmallFederation.Id, "hurry", "up", Cancel);
        await host.RunToEndAsync();

        Assert.Equal(await federations.UndisturbedAsync(Federations.Small), FederationOutcome.Read(state["state"]));
    }

    private static HostFaults AlwaysDies(string name) => new()
    {
        Activities = (_, activity, _, run) => activity == name ? throw new InvalidOperationException(Death) : run(),
    };

    private static Task<string> RunAsync(IServiceProvider services, string activity, string input) =>
        services.GetServices<ActivityRegistration>().Single(registration => registration.Name == activity).RunAsync(services, input, Cancel);

    private static IEnumerable<string> Models(string outcome) =>
        outcome.Split('\n').Where(line => line.Contains(".safetensors", StringComparison.Ordinal));
}
