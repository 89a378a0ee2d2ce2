using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.ServerActivities;

/// <summary>What clients keep from round to round: with scaffold, their control variates.</summary>
public sealed class KeptStatesTests
{
    private static readonly FederationSpec Scaffold = new() { Clients = 3, Strategy = "scaffold", Optimizer = "sgd" };

    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    [Fact]
    public async Task Only_a_client_whose_update_has_entered_has_something_new()
    {
        using var federation = await TemporaryFederation.CreateAsync(Scaffold);
        await RecordAsync(federation, 0);
        await RecordAsync(federation, 1, Trained(federation, 1, "client-0"), Trained(federation, 1, "client-1"));
        await RecordAsync(federation, 2, Trained(federation, 2, "client-1"), Refused(federation, 2, "client-0"), Refused(federation, 2, "client-2"));

        Assert.Equal([("client-0", 1), ("client-1", 2)], (await StatesAsync(federation, 2)).Select(state => (state.Client, state.Round)));
        Assert.Equal("client-1 of round 2"u8.ToArray(), await federation.Store.ReadAsync((await StatesAsync(federation, 2))[1].In("fed"), Cancel));
        Assert.Equal([("client-0", 1), ("client-1", 1)], (await StatesAsync(federation, 1)).Select(state => (state.Client, state.Round)));
    }

    [Fact]
    public async Task A_selection_names_what_its_clients_have_kept()
    {
        using var federation = await TemporaryFederation.CreateAsync(Scaffold);
        await RecordAsync(federation, 0);
        await RecordAsync(federation, 1, Trained(federation, 1, "client-1"));

        var selection = await federation.Store.ReadJsonAsync<Selection>((await federation.SelectAsync(2)).Selection, Cancel);

        Assert.Equal([null, "federations/fed/rounds/000001/clients/client-1.safetensors", null], selection.Fit.Select(client => client.State?.Name));
        Assert.True(selection.Plan!.CorrectsDrift);
    }

    [Fact]
    public async Task Of_a_lost_record_no_selection_is_made()
    {
        using var federation = await TemporaryFederation.CreateAsync(Scaffold);

        Assert.Contains("rounds/000001/record.json", (await Assert.ThrowsAsync<ArtifactMissingException>(() => federation.SelectAsync(2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recorded_again_a_round_has_the_same_states_though_the_updates_are_deleted()
    {
        using var federation = await TemporaryFederation.CreateAsync(Scaffold);
        await RecordAsync(federation, 0);
        var first = await RecordAsync(federation, 1, Trained(federation, 1, "client-1"));
        var record = await federation.Store.FindAsync(ArtifactNames.Record("fed", 1), Cancel);
        await federation.Store.DeleteAsync(ArtifactNames.Updates("fed", 1), Cancel);

        Assert.Equal(first, await RecordAsync(federation, 1));
        Assert.Equal(record, await federation.Store.FindAsync(ArtifactNames.Record("fed", 1), Cancel));
    }

    [Fact]
    public async Task Where_another_state_lies_under_the_name_nothing_is_recorded()
    {
        using var federation = await TemporaryFederation.CreateAsync(Scaffold);
        await RecordAsync(federation, 0);
        await federation.Store.PutAsync(ArtifactNames.ClientState("fed", 1, "client-1"), "other"u8.ToArray(), Cancel);

        await Assert.ThrowsAsync<ArtifactCorruptException>(() => RecordAsync(federation, 1, Trained(federation, 1, "client-1")));

        Assert.Null(await federation.Store.FindAsync(ArtifactNames.Record("fed", 1), Cancel));
    }

    /// <summary>Client 0 is in each round, client 1 in 1 and 4, client 2 in round 1 alone.</summary>
    [Theory]
    [InlineData("all", "0:1 0:2 0:3 0:4 0:5 1:1 1:4 2:1")]
    [InlineData("last:1", "0:5 1:4 2:1")]
    [InlineData("last:2", "0:4 0:5 1:4 2:1")]
    [InlineData("last:3", "0:3 0:4 0:5 1:1 1:4 2:1")]
    [InlineData("every:2", "0:2 0:4 0:5 1:1 1:4 2:1")]
    [InlineData("every:4", "0:4 0:5 1:4 2:1")]
    public async Task They_are_kept_as_long_as_a_round_is_that_they_are_of(string retention, string expected)
    {
        using var federation = await TemporaryFederation.CreateAsync(Scaffold with { Retention = retention });
        await RecordAsync(federation, 0);
        for (var round = 1; round <= 5; round++)
        {
            var present = (string[])(round switch { 1 => ["client-0", "client-1", "client-2"], 4 => ["client-0", "client-1"], _ => ["client-0"] });
            await RecordAsync(federation, round, [.. present.Select(client => Trained(federation, round, client))]);
            var cleanUp = new CleanUpRoundInput(federation.SpecReference, round);
            await new CleanUpRound(federation.Store).RunAsync(cleanUp, Cancel);
            await new CleanUpRound(federation.Store).RunAsync(cleanUp, Cancel);
        }

        var left = new List<string>();
        for (var client = 0; client < 3; client++)
        {
            for (var round = 1; round <= 5; round++)
            {
                if (await federation.Store.FindAsync(ArtifactNames.ClientState("fed", round, $"client-{client}"), Cancel) is not null)
                    left.Add($"{client}:{round}");
            }
        }

        Assert.Equal(expected, string.Join(' ', left));
        Assert.True(RetentionPolicy.TryParse(retention, out var policy));
        for (var round = 1; round <= 5; round++)
        {
            Assert.Equal(policy.Keeps(round, 5), await federation.Store.FindAsync(ArtifactNames.ClientStates("fed", round), Cancel) is not null);
            if (policy.Keeps(round, 5))
                Assert.All(await StatesAsync(federation, round), state => Assert.Contains($"{state.Client[^1]}:{state.Round}", left));
        }
    }

    [Theory]
    [InlineData("another name")]
    [InlineData("nothing")]
    [InlineData("not a number")]
    [InlineData("another shape")]
    [InlineData("never written")]
    public async Task What_a_client_keeps_and_can_not_be_used_is_its_failure(string fault)
    {
        using var federation = await TemporaryFederation.CreateAsync(Scaffold);
        await federation.InitializeAsync();
        await federation.PutRecordAsync(0, "");
        var good = await StateAsync(federation, "client-0", [1, 2]);
        var bad = fault switch
        {
            "another name" => good,
            "nothing" => null,
            "not a number" => await StateAsync(federation, "client-1", [float.NaN, 2]),
            "another shape" => await federation.Store.PutAsync(ArtifactNames.UpdateState("fed", 1, 2, "client-1"), "{}"u8.ToArray(), Cancel),
            _ => good with { Name = ArtifactNames.UpdateState("fed", 1, 2, "client-1") },
        };
        ClientOutcome[] outcomes = [await OutcomeAsync(federation, "client-0", good), await OutcomeAsync(federation, "client-1", bad)];
        var selection = (await federation.SelectAsync()).Selection;
        var cohort = await federation.Store.PutJsonAsync(ArtifactNames.Cohort("fed", 1, 2, RoundPhase.Fit, 0), new PartOutcomes(outcomes), Cancel);

        var leaf = await federation.AggregateLeafAsync(selection, new SelectionRange(0, 2), 2, [new CohortEnd(cohort, Failure: null)], attempt: 2);

        Assert.Equal((1, 1, "client-1"), (leaf.Succeeded, leaf.Failed, leaf.FirstFailure!.Client));
        var manifest = await federation.Store.ReadJsonAsync<PartOutcomes>(leaf.Manifest, Cancel);
        Assert.Equal(good, manifest.Clients[0].State);
    }

    [Fact]
    public async Task A_branch_goes_on_with_what_its_clients_had_kept_by_then()
    {
        using var parent = await ParentAsync();
        var branched = new BranchedState(parent.Store, parent.Strategies);
        var branch = parent.Spec with { Id = "branch", Initial = ArtifactNames.GlobalParameters("fed", 2) };

        var (_, states) = await branched.ResolveAsync(parent.Store, branch, Cancel);
        var resolved = await parent.Store.ReadJsonAsync<ResolvedSpec>(parent.SpecReference, Cancel) with { Id = "branch", Spec = branch, InitialClientStates = states };
        await branched.CopyAsync(resolved, Cancel);
        await parent.Store.DeleteAsync(ArtifactNames.Federation("fed"), Cancel);
        await branched.CopyAsync(resolved, Cancel);

        var copied = (await parent.Store.ReadJsonAsync<ClientStates>(states!, Cancel)).Clients;
        Assert.Equal([("client-0", 0), ("client-1", 0)], copied.Select(state => (state.Client, state.Round)));
        Assert.Equal("client-1 of round 2"u8.ToArray(), await parent.Store.ReadAsync(copied[1].In("branch"), Cancel));
    }

    [Fact]
    public async Task A_branch_whose_clients_have_other_data_starts_anew()
    {
        using var parent = await ParentAsync();

        var taken = await new BranchedState(parent.Store, parent.Strategies).ResolveAsync(parent.Store,
            parent.Spec with { Id = "branch", Initial = ArtifactNames.GlobalParameters("fed", 2), Clients = 4 }, Cancel);

        Assert.Equal(default, taken);
    }

    [Fact]
    public async Task A_branch_from_a_round_whose_states_are_gone_is_refused()
    {
        using var parent = await ParentAsync();
        await parent.Store.DeleteAsync(ArtifactNames.ClientStates("fed", 2), Cancel);

        var failure = await Assert.ThrowsAsync<InvalidSpecException>(() => new BranchedState(parent.Store, parent.Strategies).ResolveAsync(parent.Store,
            parent.Spec with { Id = "branch", Initial = ArtifactNames.GlobalParameters("fed", 2) }, Cancel));

        Assert.Contains("rounds/000002/clients.json' is missing", failure.Message, StringComparison.Ordinal);
    }

    private static async Task<TemporaryFederation> ParentAsync()
    {
        var parent = await TemporaryFederation.CreateAsync(Scaffold);
        await RecordAsync(parent, 0);
        await RecordAsync(parent, 1, Trained(parent, 1, "client-0"));
        await RecordAsync(parent, 2, Trained(parent, 2, "client-1"));
        return parent;
    }

    private static async Task<IReadOnlyList<ClientState>> StatesAsync(TemporaryFederation federation, int round)
    {
        var recorded = new RecordedFederation(federation.Store, "fed");
        return (await recorded.FindClientStatesAsync((await recorded.FindRecordAsync(round, Cancel))!, Cancel))!.Clients;
    }

    private static async Task<RecordRoundResult> RecordAsync(TemporaryFederation federation, int round, params Task<ClientOutcome>[] outcomes)
    {
        var manifest = new PartOutcomes(await Task.WhenAll(outcomes));
        var fit = round == 0 ? null : await federation.Store.PutJsonAsync(ArtifactNames.Subtree("fed", round, 1, RoundPhase.Fit, new SelectionRange(0, 3)), manifest, Cancel);
        if (fit is not null)
            await federation.PutSelectionAsync(round, fit, evaluate: null);
        var global = await federation.Store.PutAsync(
            ArtifactNames.Candidate("fed", round, 1), Safetensors.Write(new ModelParameters(federation.Network.Layout, [round, round])), Cancel);
        return await new RecordRound(federation.Store, federation.Networks, federation.Strategies).RunAsync(
            new RecordRoundInput(federation.SpecReference, round, global, Central: null, fit, Evaluate: null, Seconds: 1), Cancel);
    }

    private static async Task<ClientOutcome> Trained(TemporaryFederation federation, int round, string client) => new(client, 10, 1, new Metrics(1, 0.5))
    {
        State = await federation.Store.PutAsync(
            ArtifactNames.UpdateState("fed", round, 1, client), System.Text.Encoding.UTF8.GetBytes($"{client} of round {round}"), Cancel),
    };

    private static async Task<ClientOutcome> Refused(TemporaryFederation federation, int round, string client) =>
        await Trained(federation, round, client) with { Failure = new ClientFailure(client, "TrainClient", "why") };

    private static Task<ArtifactReference> StateAsync(TemporaryFederation federation, string client, float[] values) => federation.Store.PutAsync(
        ArtifactNames.UpdateState("fed", 1, 2, client), Safetensors.Write(new ModelParameters(federation.Network.Layout, values)), Cancel);

    private static async Task<ClientOutcome> OutcomeAsync(TemporaryFederation federation, string client, ArtifactReference? state) => new(
        client, 7, 1, new Metrics(1, 0.5), await federation.PutUpdateAsync(client, Safetensors.Write(new ModelParameters(federation.Network.Layout, [1, 2])), attempt: 2))
    {
        Steps = 1,
        State = state,
    };
}
