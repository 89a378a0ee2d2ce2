using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Aggregation;

public sealed class OutcomesTests
{
    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    [Fact]
    public async Task Subtrees_merged_over_two_levels_have_every_client_in_order()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var outcomes = Outcomes(6, failed: [1, 4]);

        var merged = await MergeAsync(federation, outcomes);

        Assert.Equal(outcomes.Select(outcome => outcome.Client), (await ReadAsync(federation, merged.Manifest)).Select(outcome => outcome.Client));
        Assert.Equal((4, 2, "client-1"), (merged.Succeeded, merged.Failed, merged.FirstFailure!.Client));
        var totals = (await federation.Store.ReadJsonAsync<PartOutcomes>(merged.Manifest, Cancel)).Merged!.Totals;
        Assert.Equal((4, 2, 10 + 12 + 13 + 15), (totals.Succeeded, totals.Failed, totals.Examples));
    }

    [Fact]
    public async Task A_merged_manifest_does_not_grow_with_the_clients_below_it()
    {
        using var few = await TemporaryFederation.CreateAsync();
        using var many = await TemporaryFederation.CreateAsync();

        var ofFew = await MergeAsync(few, Outcomes(6));
        var ofMany = await MergeAsync(many, Outcomes(360));

        Assert.InRange(ofMany.Manifest.Length, 1, ofFew.Manifest.Length + 50);
    }

    [Fact]
    public async Task A_record_does_not_show_whether_its_outcomes_were_merged()
    {
        var outcomes = Outcomes(6, failed: [2]);

        Assert.Equal(
            await RecordAsync(async federation => await PutAsync(federation, "all", outcomes)),
            await RecordAsync(async federation => (await MergeAsync(federation, outcomes)).Manifest));
    }

    [Fact]
    public async Task A_federation_that_failed_for_want_of_updates_names_the_missing_of_every_leaf()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var merged = await MergeAsync(federation, Outcomes(6, failed: [0, 3, 5]));

        var input = new CompleteFederationInput(federation.SpecReference, -1, null, "no quorum", merged.Manifest);

        var result = await new CompleteFederation(federation.Store).RunAsync(input, Cancel);

        Assert.Equal(result, await new CompleteFederation(federation.Store).RunAsync(input, Cancel));
        var missing = (await federation.Store.ReadJsonAsync<FederationResult>(result, Cancel)).MissingClients!;
        Assert.Equal(["client-0", "client-3", "client-5"], missing.Select(failure => failure.Client));
    }

    [Fact]
    public async Task A_failed_federation_whose_manifests_are_gone_is_completed_without_the_names_of_the_missing()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var gone = new ArtifactReference(ArtifactNames.Subtree("fed", 1, 1, RoundPhase.Fit, new SelectionRange(0, 6)), 1, new string('0', 64));

        var result = await new CompleteFederation(federation.Store).RunAsync(
            new CompleteFederationInput(federation.SpecReference, -1, null, "no quorum", gone), Cancel);

        var content = await federation.Store.ReadJsonAsync<FederationResult>(result, Cancel);
        Assert.Equal(("no quorum", null), (content.Failure, content.MissingClients));
    }

    private static ClientOutcome[] Outcomes(int count, params int[] failed) =>
        [.. Enumerable.Range(0, count).Select(client => failed.Contains(client)
            ? new ClientOutcome($"client-{client}", 0, 0, Failure: new ClientFailure($"client-{client}", "TrainClient", "why"))
            : new ClientOutcome($"client-{client}", 10 + client, 1, new Metrics(client, 0.5)))];

    /// <summary>Three leaves; the first two are merged, and what they make with the third.</summary>
    private static async Task<PartResult> MergeAsync(TemporaryFederation federation, ClientOutcome[] outcomes)
    {
        var third = outcomes.Length / 3;
        var leaves = new List<ArtifactReference>();
        for (var leaf = 0; leaf < 3; leaf++)
            leaves.Add(await PutAsync(federation, $"part-{leaf}", outcomes[(leaf * third)..((leaf + 1) * third)]));
        var pair = await MergeAsync(federation, new SelectionRange(0, 2 * third), leaves[0], leaves[1]);
        return await MergeAsync(federation, new SelectionRange(0, 3 * third), pair.Manifest, leaves[2]);
    }

    private static Task<PartResult> MergeAsync(TemporaryFederation federation, SelectionRange range, params ArtifactReference[] subtrees) =>
        new MergeSubtrees(federation.Store, federation.Networks, federation.Strategies, federation.Packages).RunAsync(
            new MergeSubtreesInput(federation.SpecReference, 1, 1, RoundPhase.Evaluate, range, subtrees), Cancel);

    private static Task<ArtifactReference> PutAsync(TemporaryFederation federation, string name, ClientOutcome[] outcomes) =>
        federation.Store.PutJsonAsync($"updates/fed/000001/{name}.json", new PartOutcomes(outcomes), Cancel);

    private static async Task<IReadOnlyList<ClientOutcome>> ReadAsync(TemporaryFederation federation, ArtifactReference manifest)
    {
        var outcomes = new List<ClientOutcome>();
        await foreach (var outcome in federation.Store.ReadOutcomesAsync(manifest, Cancel))
            outcomes.Add(outcome);
        return outcomes;
    }

    private static async Task<string> RecordAsync(Func<TemporaryFederation, Task<ArtifactReference>> putOutcomes)
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var outcomes = await putOutcomes(federation);
        await federation.PutSelectionAsync(round: 1, outcomes, outcomes);
        await new RecordRound(federation.Store, federation.Networks, federation.Strategies).RunAsync(
            new RecordRoundInput(federation.SpecReference, 1, await federation.InitializeAsync(), null, outcomes, outcomes, 1.5), Cancel);
        return ContractJson.Serialize((await new RecordedFederation(federation.Store, "fed").FindRecordAsync(1, Cancel))!);
    }
}
