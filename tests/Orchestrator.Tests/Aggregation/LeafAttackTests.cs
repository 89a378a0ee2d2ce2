using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Aggregation;

/// <summary>Hostile clients in a leaf of four: what the strategy is shown of them.</summary>
public sealed class LeafAttackTests
{
    private static readonly Metrics Measured = new(1, 0.5);

    /// <summary>The clients' changes of the two parameters.</summary>
    private static readonly float[][] Changes = [[1, 2], [3, -2], [8, 3], [4, 0]];

    [Theory]
    [InlineData("""{"name":"signflip","factor":10,"named":"client-2"}""", -80, -30)]
    [InlineData("""{"name":"ipm","tau":3,"named":"client-2"}""", -8, 0)]
    [InlineData("""{"name":"alie","tau":2,"named":"client-2"}""", 5.721717129897973, 4)]
    [InlineData("""{"name":"mimic","named":"client-2"}""", 1, 2)]
    [InlineData("""{"name":"backdoor","factor":2,"named":"client-2"}""", 16, 6)]
    public async Task A_hostile_update_is_replaced_before_the_strategy_sees_it_and_the_others_are_not(string attack, double first, double second)
    {
        using var leaf = await Leaf.CreateAsync(attack);

        var outcomes = await leaf.AggregateAsync();

        Assert.Equal(4, outcomes.Clients.Count(client => client.Failure is null));
        Assert.All(new[] { 0, 1, 3 }, client => Assert.Equal(ArtifactNames.Update("fed", 1, 1, $"client-{client}"), outcomes.Clients[client].Update!.Name));
        var sent = await leaf.ChangeAsync(outcomes.Clients[2].Update!);
        Assert.Equal(first, sent[0], 1e-4);
        Assert.Equal(second, sent[1], 1e-4);
        Assert.Equal(Math.Sqrt((first * first) + (second * second)), outcomes.Clients[2].UpdateNorm!.Value, 1e-3);
        var sum = Safetensors.Read<double>(await leaf.Federation.Store.ReadAsync(outcomes.Sum!, TemporaryFederation.Cancel), leaf.Federation.Network.Layout);
        Assert.Equal(10 * ((4 * (double)leaf.Global[0]) + 8 + first), sum[0], 1e-2);
    }

    [Fact]
    public async Task What_a_hostile_client_sends_is_an_artifact_that_is_the_same_however_often_it_is_made()
    {
        using var leaf = await Leaf.CreateAsync("""{"name":"gaussian","named":"client-1"}""");
        var first = (await leaf.AggregateAsync()).Clients[1].Update!;
        Assert.Equal(ArtifactNames.AttackedUpdate("fed", 1, 1, "client-1"), first.Name);
        await leaf.Federation.Store.DeleteAsync(first.Name, TemporaryFederation.Cancel);
        await leaf.Federation.Store.DeleteAsync(ArtifactNames.Subtree("fed", 1, 1, RoundPhase.Fit, new SelectionRange(0, 4)), TemporaryFederation.Cancel);

        Assert.Equal(first, (await leaf.AggregateAsync()).Clients[1].Update);
    }

    [Fact]
    public async Task Clients_that_failed_and_hostile_ones_are_not_among_the_others_that_are_looked_at()
    {
        using var leaf = await Leaf.CreateAsync("""{"name":"ipm","tau":1,"named":"client-1,client-2"}""", broken: 3);

        var outcomes = await leaf.AggregateAsync();

        Assert.Equal("client-3", outcomes.Clients.Single(client => client.Failure is not null).Client);
        Assert.All(new[] { 1, 2 }, client => Assert.Equal([-1, -2], leaf.ChangeAsync(outcomes.Clients[client].Update!).Result, Near));
    }

    [Fact]
    public async Task Where_nobody_is_honest_who_looks_at_others_sends_what_it_trained()
    {
        using var leaf = await Leaf.CreateAsync("""{"name":"ipm","named":"client-0,client-1,client-2,client-3"}""");

        Assert.All((await leaf.AggregateAsync()).Clients, client => Assert.Equal(ArtifactNames.Update("fed", 1, 1, client.Client), client.Update!.Name));
    }

    [Fact]
    public async Task What_a_hostile_client_sends_is_checked_as_any_update_is()
    {
        using var leaf = await Leaf.CreateAsync("""{"name":"signflip","factor":10,"named":"client-0"}""", maxUpdateNorm: 20);

        var failure = Assert.Single((await leaf.AggregateAsync()).Clients, client => client.Failure is not null).Failure!;

        Assert.Equal("client-0", failure.Client);
        Assert.Contains("at most 20 is allowed", failure.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"labelflip","named":"client-2"}""")]
    [InlineData("""{"name":"backdoor","named":"client-2"}""")]
    public async Task Who_is_hostile_in_what_it_trains_on_sends_what_it_trained(string attack)
    {
        using var leaf = await Leaf.CreateAsync(attack);

        Assert.Equal(ArtifactNames.Update("fed", 1, 1, "client-2"), (await leaf.AggregateAsync()).Clients[2].Update!.Name);
    }

    [Fact]
    public async Task A_running_mean_stays_what_the_client_has()
    {
        using var federation = await TemporaryFederation.CreateAsync(
            new FederationSpec { Clients = 2, Attack = Choice("""{"name":"signflip","factor":10,"named":"client-0"}""") }, layers: [new BatchNorm2d("bn", 1), new Flatten(), new Linear("fc", 1, 1)]);
        var update = new ModelParameters(federation.Network.Layout);
        update.Values.Fill(3);
        List<ClientOutcome> outcomes = [];
        foreach (var client in (string[])["client-0", "client-1"])
            outcomes.Add(new(client, 10, 0, Measured, await federation.PutUpdateAsync(client, Safetensors.Write(update))));
        var end = new CohortEnd(await federation.PutCohortAsync(0, [.. outcomes]), null);

        var result = await federation.AggregateLeafAsync((await federation.SelectAsync()).Selection, new SelectionRange(0, 2), 2, [end]);

        var sent = (await federation.Store.ReadJsonAsync<PartOutcomes>(result.Manifest, TemporaryFederation.Cancel)).Clients[0].Update!;
        var parameters = await federation.Store.ReadParametersAsync(sent, federation.Network, TemporaryFederation.Cancel);
        Assert.Equal(ArtifactNames.AttackedUpdate("fed", 1, 1, "client-0"), sent.Name);
        Assert.All(federation.Network.Layout.Tensors, slot => Assert.Equal(
            !slot.IsTrained, parameters.Values.Slice(slot.Offset, slot.Length).ToArray().All(value => value == 3)));
    }

    private static SpecChoice Choice(string attack) => ContractJson.Deserialize<SpecChoice>(attack);

    private static bool Near(double expected, double actual) => Math.Abs(expected - actual) < 1e-4;

    /// <summary>Four clients that have trained.</summary>
    private sealed class Leaf(TemporaryFederation federation, float[] global, ArtifactReference selection, CohortEnd end) : IDisposable
    {
        public TemporaryFederation Federation => federation;

        public float[] Global => global;

        /// <param name="attack">The attack.</param>
        /// <param name="broken">A client whose update is damaged.</param>
        /// <param name="maxUpdateNorm">The spec's.</param>
        public static async Task<Leaf> CreateAsync(string attack, int? broken = null, double? maxUpdateNorm = null)
        {
            var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = Changes.Length, Attack = Choice(attack), MaxUpdateNorm = maxUpdateNorm });
            var global = Safetensors.Read<float>(await federation.Store.ReadAsync(await federation.InitializeAsync(), TemporaryFederation.Cancel), federation.Network.Layout);
            List<ClientOutcome> outcomes = [];
            foreach (var (client, change) in Changes.Index())
            {
                var update = await federation.PutUpdateAsync($"client-{client}", global[0] + change[0], client == broken ? float.NaN : global[1] + change[1]);
                outcomes.Add(new ClientOutcome($"client-{client}", 10, 0, Measured, update));
            }

            return new Leaf(federation, global, (await federation.SelectAsync()).Selection, new CohortEnd(await federation.PutCohortAsync(0, [.. outcomes]), null));
        }

        public async Task<PartOutcomes> AggregateAsync()
        {
            var result = await federation.AggregateLeafAsync(selection, new SelectionRange(0, Changes.Length), 64, [end]);
            return await federation.Store.ReadJsonAsync<PartOutcomes>(result.Manifest, TemporaryFederation.Cancel);
        }

        public async Task<double[]> ChangeAsync(ArtifactReference update)
        {
            var values = Safetensors.Read<float>(await federation.Store.ReadAsync(update, TemporaryFederation.Cancel), federation.Network.Layout);
            return [.. values.Zip(global, (sent, start) => (double)sent - start)];
        }

        public void Dispose() => federation.Dispose();
    }
}
