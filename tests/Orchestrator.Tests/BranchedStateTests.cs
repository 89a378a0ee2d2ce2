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
        var branched = new BranchedState(parent.Store);

        var initial = (await branched.ResolveAsync(Branch, Cancel)).Strategy;
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

        Assert.Equal(default, await new BranchedState(parent.Store).ResolveAsync(Branch with { Strategy = strategy, Initial = initial }, Cancel));
    }

    [Fact]
    public async Task A_round_whose_strategys_state_is_gone_is_not_branched_from()
    {
        using var parent = await ParentAsync();
        await parent.Store.DeleteAsync(ArtifactNames.StrategyState("fed", Round), Cancel);

        var failure = await Assert.ThrowsAsync<InvalidSpecException>(() => new BranchedState(parent.Store).ResolveAsync(Branch, Cancel));

        Assert.Equal("initial", failure.Errors.Single().Field);
        Assert.Contains("federations/fed/rounds/000003/strategy.safetensors' is missing", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_branch_that_was_claimed_is_not_started_once_its_parents_state_is_gone()
    {
        using var parent = await ParentAsync();
        var branched = new BranchedState(parent.Store);
        var initial = (await branched.ResolveAsync(Branch, Cancel)).Strategy;
        await parent.Store.DeleteAsync(ArtifactNames.Federation("fed"), Cancel);

        var failure = await Assert.ThrowsAsync<InvalidSpecException>(() => branched.CopyAsync(Resolved(initial), Cancel));

        Assert.Contains($"expected SHA-256 {initial!.Sha256}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_another_has_put_in_its_place_is_not_taken()
    {
        using var parent = await ParentAsync();
        var branched = new BranchedState(parent.Store);
        var initial = (await branched.ResolveAsync(Branch, Cancel)).Strategy;
        await parent.Store.PutAsync(initial!.Name, "other"u8.ToArray(), Cancel);

        await Assert.ThrowsAsync<ArtifactCorruptException>(() => branched.CopyAsync(Resolved(initial), Cancel));
    }

    /// <summary>A federation two rounds of which are recorded, the last with what its strategy kept.</summary>
    private static async Task<TemporaryFederation> ParentAsync()
    {
        var parent = await TemporaryFederation.CreateAsync(new FederationSpec { Strategy = "fedavgm" });
        var kept = await parent.Store.PutAsync(ArtifactNames.StrategyState("fed", Round), "kept"u8.ToArray(), Cancel);
        await parent.Store.PutJsonAsync(ArtifactNames.Record("fed", Round - 1), Record(Round - 1, null), Cancel);
        await parent.Store.PutJsonAsync(ArtifactNames.Record("fed", Round), Record(Round, kept.Sha256), Cancel);
        return parent;
    }

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
