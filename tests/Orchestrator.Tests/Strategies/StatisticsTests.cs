using FlDurable.Orchestrator.Strategies;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Strategies;

/// <summary>What batch normalisation measures of images is no direction that anybody has moved in.</summary>
public sealed class StatisticsTests
{
    private static readonly Layer[] Normalised = [new BatchNorm2d("bn", 1), new Flatten(), new Linear("fc", 1, 1)];

    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    public static TheoryData<string, double> Strategies => new()
    {
        { "fedavg", 4.0 / 5 }, { "fedavgm", 4.0 / 5 }, { "fedadam", 4.0 / 5 }, { "fedyogi", 4.0 / 5 }, { "fedadagrad", 4.0 / 5 },
        { "fednova", 40.0 / 4 / ((10.0 / 2) + (40.0 / 4)) }, { "scaffold", 1.0 / 2 },
    };

    /// <summary>Two clients, whose running means are 2 and 4: the second one's part in the mean is as large as its part in that of the parameters.</summary>
    [Theory]
    [MemberData(nameof(Strategies))]
    public async Task Running_means_and_variances_are_the_clients_mean_and_no_servers_step_is_taken_along_them(string strategy, double part)
    {
        using var federation = await TemporaryFederation.CreateAsync(
            new FederationSpec { Clients = 2, Strategy = strategy, Optimizer = "sgd", Epochs = 2, Quorum = 2 }, layers: Normalised);
        await federation.InitializeAsync();
        await federation.PutRecordAsync(0, "");
        ClientOutcome[] outcomes = [await TrainedAsync(federation, "client-0", 10, steps: 2, mean: 2), await TrainedAsync(federation, "client-1", 40, steps: 4, mean: 4)];
        var cohort = new CohortEnd(await federation.PutCohortAsync(0, outcomes), Failure: null);
        var leaf = await federation.AggregateLeafAsync((await federation.SelectAsync()).Selection, new SelectionRange(0, 2), 2, [cohort]);
        Assert.Equal(2, leaf.Succeeded);

        var aggregated = await federation.AggregateUpdatesAsync(await federation.InitializeAsync(), leaf.Manifest);

        var next = await federation.Store.ReadParametersAsync(aggregated.Candidate!, federation.Network, Cancel);
        Assert.Equal(2 + (2 * part), next.Tensor("bn.running_mean")[0], 1e-6);
        Assert.Equal(2 + (2 * part), next.Tensor("bn.running_var")[0], 1e-6);
        Assert.NotEqual(1, next.Tensor("bn.weight")[0]);
        if (aggregated.StrategyState is { } kept)
            await AssertKeepsNothingOfThemAsync(federation, strategies: federation.Strategies.For(federation.Spec, round: 1), kept);
    }

    /// <summary>The last of seven clients says what no image has: its distances, its parameters and the others' scores are as if it had not.</summary>
    [Theory]
    [InlineData("fedmedian")]
    [InlineData("fedtrimmedavg")]
    [InlineData("krum")]
    [InlineData("multikrum")]
    [InlineData("bulyan")]
    [InlineData("geometricmedian")]
    [InlineData("centeredclipping")]
    public async Task Of_running_means_and_variances_a_robust_rule_takes_the_median_and_measures_no_distance(string strategy)
    {
        var usual = await AggregateSevenAsync(strategy, means: [1, 1, 1, 1, 1, 1, 1]);
        var odd = await AggregateSevenAsync(strategy, means: [4, 2, 7, 3, 0.5f, 5, 1e6f]);

        Assert.Equal(4, odd.Tensor("bn.running_mean")[0]);
        Assert.Equal(4, odd.Tensor("bn.running_var")[0]);
        foreach (var slot in odd.Layout.Tensors.Where(slot => slot.IsTrained))
            Assert.Equal(usual.Tensor(slot.Name), odd.Tensor(slot.Name));
        Assert.NotEqual(1, odd.Tensor("bn.weight")[0]);
    }

    [Fact]
    public async Task A_negative_variance_is_its_clients_failure()
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 1 }, layers: Normalised);
        var cohort = new CohortEnd(await federation.PutCohortAsync(0, await TrainedAsync(federation, "client-0", 10, steps: 1, mean: -0.5f)), Failure: null);

        var leaf = await federation.AggregateLeafAsync((await federation.SelectAsync()).Selection, new SelectionRange(0, 1), 1, [cohort]);

        var manifest = await federation.Store.ReadJsonAsync<PartOutcomes>(leaf.Manifest, Cancel);
        Assert.Contains("'bn.running_var' has a negative variance", manifest.Clients.Single().Failure!.Reason, StringComparison.Ordinal);
    }

    private static async Task<ModelParameters> AggregateSevenAsync(string strategy, float[] means)
    {
        using var federation = await TemporaryFederation.CreateAsync(new FederationSpec { Clients = 7, Strategy = strategy }, layers: Normalised);
        var global = await federation.InitializeAsync();
        await federation.PutRecordAsync(0, "");
        var outcomes = new List<ClientOutcome>();
        foreach (var (index, mean) in means.Index())
            outcomes.Add(await TrainedAsync(federation, $"client-{index}", 10, steps: 1, mean, change: 0.1f + (index * index * 0.01f)));
        var cohort = new CohortEnd(await federation.PutCohortAsync(0, [.. outcomes]), Failure: null);
        var leaf = await federation.AggregateLeafAsync((await federation.SelectAsync()).Selection, new SelectionRange(0, 7), 7, [cohort]);

        var aggregated = await federation.AggregateUpdatesAsync(global, leaf.Manifest);

        if (aggregated.StrategyState is { } kept)
            await AssertKeepsNothingOfThemAsync(federation, federation.Strategies.For(federation.Spec, round: 1), kept);
        return await federation.Store.ReadParametersAsync(aggregated.Candidate!, federation.Network, Cancel);
    }

    private static async Task AssertKeepsNothingOfThemAsync(TemporaryFederation federation, IAggregation strategies, ArtifactReference kept)
    {
        var layout = federation.Network.Layout;
        var state = ServerState.Read(strategies.State, layout, await federation.Store.ReadAsync(kept, Cancel));
        foreach (var slot in layout.Tensors.Where(slot => !slot.IsTrained))
            Assert.All(strategies.State, tensor => Assert.Equal(0, state[tensor.Name][slot.Offset]));
    }

    private static async Task<ClientOutcome> TrainedAsync(
        TemporaryFederation federation, string client, int examples, int steps, float mean, float? change = null)
    {
        var update = await federation.Store.ReadParametersAsync(await federation.InitializeAsync(), federation.Network, Cancel);
        foreach (ref var value in update.Values)
            value += change ?? mean / 10;
        update.Tensor("bn.running_mean")[0] = mean;
        update.Tensor("bn.running_var")[0] = mean;
        var content = Safetensors.Write(update);
        return new ClientOutcome(client, examples, 1, new Metrics(1, 0.5), await federation.PutUpdateAsync(client, content), Steps: steps)
        {
            State = await federation.Store.PutAsync(ArtifactNames.UpdateState("fed", 1, 1, client), content, Cancel),
        };
    }
}
