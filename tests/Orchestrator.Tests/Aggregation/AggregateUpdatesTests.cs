using CsCheck;
using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Aggregation;

public sealed class AggregateUpdatesTests
{
    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    [Fact]
    public async Task FedAvg_is_the_mean_weighted_by_examples()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2 });

        var global = await federation.AggregateUpdatesAsync(await federation.InitializeAsync(), await LeafAsync(federation));

        Assert.Equal("updates/fed/000001/candidate_1.safetensors", global.Candidate!.Name);
        Assert.Equal(new[] { 4f, 5f }, await ReadAsync(federation, global.Candidate));
    }

    [Fact]
    public async Task An_aggregate_that_is_not_finite_is_no_candidate()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 1 });
        var sum = Safetensors.Write<double>(federation.Network.Layout, [1, 1e39]);
        var manifest = new PartOutcomes(
            [new ClientOutcome("client-0", 1, 0)], await federation.Store.PutAsync("updates/fed/000001/sum.safetensors", sum, Cancel));
        var updates = await federation.Store.PutJsonAsync("updates/fed/000001/leaf.json", manifest, Cancel);

        var result = await federation.AggregateUpdatesAsync(await federation.InitializeAsync(), updates);

        Assert.Equal(new AggregateUpdatesResult(null, "the aggregate of the updates is not finite"), result);
        Assert.Null(await federation.Store.FindAsync(ArtifactNames.Candidate("fed", 1, 1), Cancel));
    }

    [Fact]
    public async Task A_late_duplicate_after_the_clean_up_finds_what_the_first_one_made()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2 });
        var initial = await federation.InitializeAsync();
        var leaf = await LeafAsync(federation);
        var first = await federation.AggregateUpdatesAsync(initial, leaf);
        await federation.Store.PutAsync(
            ArtifactNames.GlobalParameters("fed", 1), await federation.Store.ReadAsync(first.Candidate!, Cancel), Cancel);
        await federation.PutRecordAsync(1, first.Candidate!.Sha256);
        await federation.Store.DeleteAsync(ArtifactNames.Updates("fed", 1), Cancel);

        Assert.Equal(first, await federation.AggregateUpdatesAsync(initial, leaf));
    }

    [Fact]
    public async Task Nothing_is_aggregated_for_a_recorded_round_whose_parameters_are_not_retained()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2 });
        var initial = await federation.InitializeAsync();
        var leaf = await LeafAsync(federation);
        await federation.PutRecordAsync(1, "any");

        await Assert.ThrowsAsync<WorkNotNeededException>(() => federation.AggregateUpdatesAsync(initial, leaf));
        Assert.Null(await federation.Store.FindAsync(ArtifactNames.Candidate("fed", 1, 1), Cancel));
    }

    [Fact]
    public async Task Parameters_that_have_their_name_and_no_record_yet_are_aggregated_again()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2 });
        var leaf = await LeafAsync(federation);
        await federation.Store.PutAsync(ArtifactNames.GlobalParameters("fed", 1), "of a process that died"u8.ToArray(), Cancel);

        var aggregated = await federation.AggregateUpdatesAsync(await federation.InitializeAsync(), leaf);

        Assert.Equal(aggregated.Candidate, await federation.Store.FindAsync(ArtifactNames.Candidate("fed", 1, 1), Cancel));
    }

    [Fact]
    public void The_mean_of_equal_parameters_is_these_parameters_to_the_bit() =>
        Gen.Select(Gen.Float[-1e30f, 1e30f].Array[1, 20], Gen.Long[1, 1_000_000].Array[1, 20]).Sample((values, weights) =>
        {
            // n·w/n in double precision is w again for every float w: 24 bits of it and 20 of n fit in 53.
            var layout = new ParameterLayout([("x", [values.Length])]);
            var sum = new UpdateSum(layout);
            foreach (var weight in weights)
                sum.Add(new ModelParameters(layout, values), [weight]);
            var next = new double[values.Length];
            var round = new SummedRound(
                new ModelParameters(layout), Safetensors.Read<double>(sum.ToSafetensors(), layout), [], weights.Length, weights.Sum());
            new FedAvg().Apply(round, ServerState.Read([], layout, content: null), next);
            return next.Select(value => (float)value).SequenceEqual(values);
        });

    [Fact]
    public async Task Subtrees_are_added_in_order_and_keep_every_client()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 2 });
        var selected = await federation.SelectAsync();
        var leaves = new List<ArtifactReference>();
        foreach (var (client, examples, values) in new[] { (0, 10L, new[] { 1f, 2f }), (1, 30L, new[] { 5f, 6f }) })
        {
            var outcome = new ClientOutcome($"client-{client}", examples, 0, new Metrics(1, 1), await federation.PutUpdateAsync($"client-{client}", values));
            var end = new CohortEnd(await federation.PutCohortAsync(client, outcome), null);
            leaves.Add((await federation.AggregateLeafAsync(selected.Selection, new SelectionRange(client, 1), 1, [end])).Manifest);
        }

        var merged = await new MergeSubtrees(federation.Store, federation.Networks, federation.Strategies, federation.Packages).RunAsync(
            new MergeSubtreesInput(federation.SpecReference, 1, 1, RoundPhase.Fit, new SelectionRange(0, 2), leaves), Cancel);
        var global = await federation.AggregateUpdatesAsync(await federation.InitializeAsync(), merged.Manifest);

        Assert.Equal((2, 0), (merged.Succeeded, merged.Failed));
        Assert.Equal(new[] { 4f, 5f }, await ReadAsync(federation, global.Candidate!));
    }

    private static async Task<float[]> ReadAsync(TemporaryFederation federation, ArtifactReference parameters) =>
        Safetensors.Read<float>(await federation.Store.ReadAsync(parameters, Cancel), federation.Network.Layout);

    private static async Task<ArtifactReference> LeafAsync(TemporaryFederation federation)
    {
        var selected = await federation.SelectAsync();
        var cohort = await federation.PutCohortAsync(
            0,
            new ClientOutcome("client-0", 10, 0, new Metrics(1, 1), await federation.PutUpdateAsync("client-0", 1, 2)),
            new ClientOutcome("client-1", 30, 0, new Metrics(1, 1), await federation.PutUpdateAsync("client-1", 5, 6)));
        return (await federation.AggregateLeafAsync(selected.Selection, new SelectionRange(0, 2), 2, [new CohortEnd(cohort, null)])).Manifest;
    }
}
