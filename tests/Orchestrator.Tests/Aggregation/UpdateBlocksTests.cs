using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Aggregation;

public sealed class UpdateBlocksTests
{
    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    /// <summary>More parameters than a range has, and more ranges than one pass: each is met once a pass, and none is another's.</summary>
    [Fact]
    public async Task Ranges_follow_one_another_to_the_last_parameter()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var layout = new ParameterLayout([("a", [100_000]), ("b", [200_001])]);
        var references = new List<ArtifactReference>();
        for (var update = 0; update < 5; update++)
        {
            var values = Enumerable.Range(0, layout.Length).Select(index => index + (update == 3 ? 1000f : update)).ToArray();
            references.Add(await federation.PutUpdateAsync($"client-{update}", Safetensors.Write(new ModelParameters(layout, values))));
        }

        var blocks = new UpdateBlocks(federation.Store, new ModelParameters(layout), references);

        Assert.True(new BlockRound(5, layout.Length).RangeLength < layout.Length);
        Assert.Equal(Enumerable.Range(0, layout.Length).Select(index => index + 2.0), await ApplyAsync(new FedMedian()));
        Assert.Equal(Enumerable.Range(0, layout.Length).Select(index => index + 1.0), await ApplyAsync(new MultiKrum(hostile: 1, chosen: 1)));

        Task<double[]> ApplyAsync(IBlockAggregation rule) => blocks.ApplyAsync(rule, ServerState.Read(rule.State, layout, content: null), Cancel);
    }

    /// <summary>Updates of one range, which is read once, and of several, whose second pass reads them again.</summary>
    [Theory]
    [InlineData(10)]
    [InlineData(300_000)]
    public async Task An_update_that_is_not_what_was_written_any_more_is_named_and_takes_no_part(int parameters)
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var layout = new ParameterLayout([("a", [parameters])]);
        var references = new List<ArtifactReference>();
        for (var update = 0; update < 5; update++)
            references.Add(await federation.PutUpdateAsync($"client-{update}", Safetensors.Write(new ModelParameters(layout))));
        var store = new ChangedStore(federation.Store, references[3]);
        var rule = new FedMedian();

        var error = await Assert.ThrowsAsync<ArtifactCorruptException>(() => new UpdateBlocks(store, new ModelParameters(layout), references)
            .ApplyAsync(rule, ServerState.Read([], layout, content: null), Cancel));

        Assert.Contains(references[3].Name, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_update_whose_tensors_lie_elsewhere_is_its_clients_failure_only_where_ranges_are_read()
    {
        Assert.Null((await AggregateAsync("fedavg")).Failure);
        Assert.Contains("its tensors are not where", (await AggregateAsync("fedmedian")).Failure!.Reason, StringComparison.Ordinal);

        static async Task<ClientOutcome> AggregateAsync(string strategy)
        {
            using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 1, Strategy = strategy });
            var turned = new ParameterLayout([("fc.bias", [1]), ("fc.weight", [1, 1])]);
            var update = await federation.PutUpdateAsync("client-0", Safetensors.Write(new ModelParameters(turned, [2, 1])));
            return (await LeafAsync(federation, new ClientOutcome("client-0", 10, 0, new Metrics(1, 1), update))).Clients.Single();
        }
    }

    [Fact]
    public async Task A_leaf_of_updates_that_are_needed_one_by_one_has_no_sum()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 1, Strategy = "fedmedian" });

        var manifest = await LeafAsync(
            federation, new ClientOutcome("client-0", 10, 0, new Metrics(1, 1), await federation.PutUpdateAsync("client-0", 1, 2)));

        Assert.Null(manifest.Sum);
        Assert.Null(manifest.Clients.Single().Failure);
    }

    [Fact]
    public async Task Updates_of_several_leaves_are_one_round()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 5, Strategy = "fedmedian" });
        var leaves = new List<ArtifactReference>();
        foreach (var clients in Enumerable.Range(0, 5).Chunk(2))
        {
            var outcomes = new List<ClientOutcome>();
            foreach (var client in clients)
                outcomes.Add(new ClientOutcome($"client-{client}", 10, 0, new Metrics(1, 1), await federation.PutUpdateAsync($"client-{client}", client * client, -client)));
            outcomes.Add(new ClientOutcome("client-9", 0, 0, Failure: new ClientFailure("client-9", "TrainClient", "why")));
            leaves.Add(await federation.Store.PutJsonAsync($"updates/fed/000001/leaf-{clients[0]}.json", new PartOutcomes(outcomes), Cancel));
        }

        var merged = await new MergeSubtrees(federation.Store, federation.Networks, federation.Strategies, federation.Packages).RunAsync(
            new MergeSubtreesInput(federation.SpecReference, 1, 1, RoundPhase.Fit, new SelectionRange(0, 8), leaves), Cancel);
        var result = await federation.AggregateUpdatesAsync(await federation.InitializeAsync(), merged.Manifest);

        var next = await federation.Store.ReadParametersAsync(result.Candidate!, federation.Network, Cancel);
        Assert.Equal(new float[] { 4, -2 }, next.Values.ToArray());
    }

    private static async Task<PartOutcomes> LeafAsync(TemporaryFederation federation, ClientOutcome outcome)
    {
        var end = new CohortEnd(await federation.PutCohortAsync(0, outcome), Failure: null);
        var leaf = await federation.AggregateLeafAsync((await federation.SelectAsync()).Selection, new SelectionRange(0, 1), 1, [end]);
        return await federation.Store.ReadJsonAsync<PartOutcomes>(leaf.Manifest, Cancel);
    }

    /// <summary>Gives of one artifact other bytes than were written, in the last place, as a store would that trusts what it has noted of it.</summary>
    private sealed class ChangedStore(IArtifactStore store, ArtifactReference changed) : IArtifactStore
    {
        public Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
            store.PutAsync(name, content, cancellationToken);

        public Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken) => store.ReadAsync(reference, cancellationToken);

        public async Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken)
        {
            await store.ReadRangeAsync(reference, offset, part, cancellationToken);
            if (reference == changed && offset + part.Length == reference.Length)
                part.Span[^1] ^= 1;
        }

        public Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken) => store.FindAsync(name, cancellationToken);

        public Task DeleteAsync(string name, CancellationToken cancellationToken) => store.DeleteAsync(name, cancellationToken);
    }
}
