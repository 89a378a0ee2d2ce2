using System.Globalization;
using System.Text.Json;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests;

public sealed class BranchedStateTests
{
    private const int Round = 3;

    private static readonly FederationSpec Branch = new() { Id = "branch", Strategy = "fedavgm", Initial = ArtifactNames.GlobalParameters("fed", Round) };

    private static CancellationToken Cancel => TemporaryFederation.Cancel;

    [Fact]
    public async Task A_branch_goes_on_with_what_the_strategy_kept_of_the_round()
    {
        using var parent = await ParentAsync();
        var branched = new BranchedState(parent.Store, parent.Strategies);

        var initial = (await branched.ResolveAsync(parent.Store, Branch, Cancel)).Strategy;
        await branched.CopyAsync(Resolved(initial), Cancel);
        await branched.CopyAsync(Resolved(initial), Cancel);

        Assert.Equal(ArtifactNames.StrategyState("branch", 0), initial!.Name);
        Assert.Equal("kept"u8.ToArray(), await parent.Store.ReadAsync(initial, Cancel));
    }

    [Theory]
    [InlineData("fedavg", "federations/fed/rounds/000003/global.safetensors")]
    [InlineData("fedavgm", "federations/fed/rounds/000002/global.safetensors")]
    [InlineData("fedavgm", "federations/gone/rounds/000003/global.safetensors")]
    [InlineData("fedavgm", "model.safetensors")]
    [InlineData("fedavgm", null)]
    public async Task What_has_kept_nothing_or_is_another_strategys_is_not_taken_over(string strategy, string? initial)
    {
        using var parent = await ParentAsync();

        Assert.Equal(default, await new BranchedState(parent.Store, parent.Strategies).ResolveAsync(parent.Store, Branch with { Strategy = strategy, Initial = initial }, Cancel));
    }

    [Theory]
    [InlineData("fedadam", "biasCorrection", "none", "flower")]
    [InlineData("fedadam", "biasCorrection", "flower", "none")]
    [InlineData("centeredclipping", "centre", "kept", "zero")]
    public async Task A_branch_by_whose_option_the_strategy_keeps_something_else_is_refused(string strategy, string option, string parents, string own)
    {
        using var parent = await ParentAsync(Choice(strategy, option, parents));

        var failure = await Assert.ThrowsAsync<InvalidSpecException>(
            () => new BranchedState(parent.Store, parent.Strategies).ResolveAsync(parent.Store, Branch with { Strategy = Choice(strategy, option, own) }, Cancel));

        Assert.Equal($"strategy.{option}", failure.Errors.Single().Field);
        Assert.Contains($"expected as in federation 'fed', '{Choice(strategy, option, parents)}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_that_change_nothing_of_what_is_kept_can_be_others_in_a_branch()
    {
        using var parent = await ParentAsync(Choice("fedadam", "biasCorrection", "flower", beta1: 0.9));

        var taken = await new BranchedState(parent.Store, parent.Strategies).ResolveAsync(parent.Store,
            Branch with { Strategy = Choice("fedadam", "biasCorrection", "flower", beta1: 0.5) }, Cancel);

        Assert.NotNull(taken.Strategy);
    }

    [Fact]
    public async Task A_branch_whose_strategy_begins_to_keep_something_starts_anew()
    {
        using var parent = await TemporaryFederation.CreateAsync(new FederationSpec { Strategy = Choice("centeredclipping", "centre", "zero") });
        await parent.Store.PutJsonAsync(ArtifactNames.Record("fed", Round), Record(Round, null), Cancel);

        Assert.Equal(default, await new BranchedState(parent.Store, parent.Strategies).ResolveAsync(parent.Store,
            Branch with { Strategy = Choice("centeredclipping", "centre", "kept") }, Cancel));
    }

    [Fact]
    public async Task A_round_whose_strategys_state_is_gone_is_not_branched_from()
    {
        using var parent = await ParentAsync();
        await parent.Store.DeleteAsync(ArtifactNames.StrategyState("fed", Round), Cancel);

        var failure = await Assert.ThrowsAsync<InvalidSpecException>(() => new BranchedState(parent.Store, parent.Strategies).ResolveAsync(parent.Store, Branch, Cancel));

        Assert.Equal("initial", failure.Errors.Single().Field);
        Assert.Contains("federations/fed/rounds/000003/strategy.safetensors' is missing", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_branch_that_was_claimed_is_not_started_once_its_parents_state_is_gone()
    {
        using var parent = await ParentAsync();
        var branched = new BranchedState(parent.Store, parent.Strategies);
        var initial = (await branched.ResolveAsync(parent.Store, Branch, Cancel)).Strategy;
        await parent.Store.DeleteAsync(ArtifactNames.Federation("fed"), Cancel);

        var failure = await Assert.ThrowsAsync<InvalidSpecException>(() => branched.CopyAsync(Resolved(initial), Cancel));

        Assert.Contains($"expected SHA-256 {initial!.Sha256}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_has_put_in_its_place_is_not_taken()
    {
        using var parent = await ParentAsync();
        var branched = new BranchedState(parent.Store, parent.Strategies);
        var initial = (await branched.ResolveAsync(parent.Store, Branch, Cancel)).Strategy;
        await parent.Store.PutAsync(initial!.Name, "other"u8.ToArray(), Cancel);

        await Assert.ThrowsAsync<ArtifactCorruptException>(() => branched.CopyAsync(Resolved(initial), Cancel));
    }

    /// <summary>A federation two rounds of which are recorded, the last with what its strategy kept.</summary>
    private static async Task<TemporaryFederation> ParentAsync(SpecChoice? strategy = null)
    {
        var parent = await TemporaryFederation.CreateAsync(new FederationSpec { Strategy = strategy ?? "fedavgm" });
        var kept = await parent.Store.PutAsync(ArtifactNames.StrategyState("fed", Round), "kept"u8.ToArray(), Cancel);
        await parent.Store.PutJsonAsync(ArtifactNames.Record("fed", Round - 1), Record(Round - 1, null), Cancel);
        await parent.Store.PutJsonAsync(ArtifactNames.Record("fed", Round), Record(Round, kept.Sha256), Cancel);
        return parent;
    }

    /// <summary>A choice as a spec that was read has it.</summary>
    private static SpecChoice Choice(string name, string option, string value, double beta1 = 0.9) => JsonSerializer.Deserialize<SpecChoice>(
        name == "fedadam" ? $$"""{"name":"{{name}}","beta1":{{beta1.ToString(CultureInfo.InvariantCulture)}},"{{option}}":"{{value}}"}""" : $$"""{"name":"{{name}}","{{option}}":"{{value}}"}""")!;

    private static RoundRecord Record(int round, string? stateSha256) => new()
    {
        Round = round,
        Seconds = 1,
        ParametersSha256 = "",
        StrategyStateSha256 = stateSha256,
        Engine = "none",
        DatasetDigest = "digest",
        Participants = [],
        Failures = [],
    };

    private static ResolvedSpec Resolved(ArtifactReference? initialState) =>
        new(1, "branch", "none", new DatasetReference("synthetic", "source", "digest"), Initial: null, Branch) { InitialState = initialState };
}
