using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Strategies;

/// <summary>What a strategy keeps from round to round: with momentum, the velocity.</summary>
public sealed class ServerStateTests
{
    private static readonly FederationSpec WithMomentum = new() { Clients = 1, Strategy = "fedavgm" };

    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    [Fact]
    public async Task A_round_goes_on_with_what_the_one_before_left()
    {
        using var federation = await TemporaryFederation.CreateAsync(WithMomentum);
        var (global, updates) = await UpdateByAsync(federation, 1);

        var first = await federation.AggregateUpdatesAsync(global, updates);
        var second = await federation.AggregateUpdatesAsync(global, updates, attempt: 2, first.StrategyState);

        Assert.Equal(new double[] { -1, -1 }, await VelocityAsync(federation, first.StrategyState!));
        Assert.Equal(new[] { -1.9, -1.9 }, await VelocityAsync(federation, second.StrategyState!));
    }

    [Fact]
    public async Task It_is_named_for_the_tensors_beside_which_it_stands()
    {
        var state = ServerState.Read([new("velocity"), new("steps", 1)], (await TemporaryFederation.CreateAsync()).Network.Layout, content: null);

        var header = System.Text.Encoding.UTF8.GetString(state.ToSafetensors());

        Assert.All(["\"velocity.fc.weight\"", "\"velocity.fc.bias\"", "\"steps\""], name => Assert.Contains(name, header, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_aggregate_that_is_not_finite_leaves_none()
    {
        using var federation = await TemporaryFederation.CreateAsync(WithMomentum);
        var sum = Safetensors.Write<double>(federation.Network.Layout, [1, 1e39]);
        var manifest = new PartOutcomes(
            [new ClientOutcome("client-0", 1, 0)], await federation.Store.PutAsync("updates/fed/000001/sum.safetensors", sum, Cancel));
        var updates = await federation.Store.PutJsonAsync("updates/fed/000001/leaf.json", manifest, Cancel);

        var result = await federation.AggregateUpdatesAsync(await federation.InitializeAsync(), updates);

        Assert.Null(result.StrategyState);
        Assert.Null(await federation.Store.FindAsync(ArtifactNames.CandidateState("fed", 1, 1), Cancel));
    }

    [Fact]
    public async Task A_late_duplicate_finds_it_before_and_after_the_round_is_recorded()
    {
        using var federation = await TemporaryFederation.CreateAsync(WithMomentum);
        var (global, updates) = await UpdateByAsync(federation, 1);
        var first = await federation.AggregateUpdatesAsync(global, updates);

        Assert.Equal(first, await federation.AggregateUpdatesAsync(global, updates));
        await RecordAsync(federation, first);
        await federation.Store.DeleteAsync(ArtifactNames.Updates("fed", 1), Cancel);
        Assert.Equal(first, await federation.AggregateUpdatesAsync(global, updates));
    }

    [Fact]
    public async Task It_is_recorded_with_the_round_and_found_with_it()
    {
        using var federation = await TemporaryFederation.CreateAsync(WithMomentum);
        var (global, updates) = await UpdateByAsync(federation, 1);
        var aggregated = await federation.AggregateUpdatesAsync(global, updates);

        var recorded = await RecordAsync(federation, aggregated);

        Assert.Equal(aggregated.StrategyState! with { Name = "federations/fed/rounds/000001/strategy.safetensors" }, recorded.StrategyState);
        Assert.Equal(recorded.StrategyState, (await RecordAsync(federation, aggregated)).StrategyState);
        Assert.Equal(recorded.StrategyState, (await FindLastRoundAsync(federation))!.StrategyState);
    }

    [Fact]
    public async Task A_recorded_round_that_has_lost_it_is_not_gone_on_from()
    {
        using var federation = await TemporaryFederation.CreateAsync(WithMomentum);
        var (global, updates) = await UpdateByAsync(federation, 1);
        var recorded = await RecordAsync(federation, await federation.AggregateUpdatesAsync(global, updates));
        await federation.Store.DeleteAsync(recorded.StrategyState!.Name, Cancel);

        await Assert.ThrowsAsync<ArtifactMissingException>(() => FindLastRoundAsync(federation));

        await federation.Store.PutAsync(recorded.StrategyState.Name, "another's"u8.ToArray(), Cancel);
        await Assert.ThrowsAsync<ArtifactCorruptException>(() => FindLastRoundAsync(federation));
    }

    [Theory]
    [InlineData("all", true)]
    [InlineData("last:1", false)]
    public async Task It_is_kept_as_long_as_the_parameters(string retention, bool isKept)
    {
        using var federation = await TemporaryFederation.CreateAsync(WithMomentum with { Retention = retention });
        var (global, updates) = await UpdateByAsync(federation, 1);
        await RecordAsync(federation, await federation.AggregateUpdatesAsync(global, updates));

        await new CleanUpRound(federation.Store).RunAsync(new CleanUpRoundInput(federation.SpecReference, 2), Cancel);

        Assert.Equal(isKept, await federation.Store.FindAsync(ArtifactNames.StrategyState("fed", 1), Cancel) is not null);
        Assert.Equal(isKept, await federation.Store.FindAsync(ArtifactNames.GlobalParameters("fed", 1), Cancel) is not null);
    }

    [Fact]
    public async Task A_strategy_that_keeps_nothing_writes_nothing()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 1 });
        var (global, updates) = await UpdateByAsync(federation, 1);

        var aggregated = await federation.AggregateUpdatesAsync(global, updates);

        Assert.Null(aggregated.StrategyState);
        Assert.Null((await RecordAsync(federation, aggregated)).StrategyState);
    }

    private static async Task<RecordedRound?> FindLastRoundAsync(TemporaryFederation federation) =>
        await new RecordedFederation(federation.Store, "fed").FindLastRoundAsync(
            await federation.Store.ReadJsonAsync<ResolvedSpec>(federation.SpecReference, Cancel), first: 1, Cancel);

    private static Task<RecordRoundResult> RecordAsync(TemporaryFederation federation, AggregateUpdatesResult aggregated) =>
        new RecordRound(federation.Store, federation.Networks, federation.Strategies).RunAsync(
            new RecordRoundInput(
                federation.SpecReference, 1, aggregated.Candidate!, Central: null, Fit: null, Evaluate: null, Seconds: 1,
                StrategyState: aggregated.StrategyState),
            Cancel);

    private static async Task<double[]> VelocityAsync(TemporaryFederation federation, ArtifactReference state) =>
        ServerState.Read([new("velocity")], federation.Network.Layout, await federation.Store.ReadAsync(state, Cancel))["velocity"].ToArray();

    /// <summary>One client's update, which is the global parameters, zeros, plus something.</summary>
    private static async Task<(ArtifactReference Global, ArtifactReference Updates)> UpdateByAsync(TemporaryFederation federation, float difference)
    {
        await federation.Store.PutAsync(
            ArtifactNames.GlobalParameters("fed", 0), Safetensors.Write(new ModelParameters(federation.Network.Layout)), Cancel);
        var outcome = new ClientOutcome(
            "client-0", 10, 0, new Metrics(1, 1), await federation.PutUpdateAsync("client-0", difference, difference));
        var end = new CohortEnd(await federation.PutCohortAsync(0, outcome), Failure: null);
        var leaf = await federation.AggregateLeafAsync((await federation.SelectAsync()).Selection, new SelectionRange(0, 1), 1, [end]);
        return (await federation.InitializeAsync(), leaf.Manifest);
    }
}
