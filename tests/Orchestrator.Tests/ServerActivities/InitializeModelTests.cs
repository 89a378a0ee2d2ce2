using FlDurable.Orchestrator.Aggregation;
using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.ServerActivities;

public sealed class InitializeModelTests
{
    [Fact]
    public async Task Initial_parameters_that_are_not_retained_are_not_made_again_once_they_are_recorded()
    {
        using var federation = await TemporaryFederation.CreateAsync();
        var initial = await federation.InitializeAsync();
        await federation.PutRecordAsync(0, initial.Sha256);
        Assert.Equal(initial, await federation.InitializeAsync());

        await federation.Store.DeleteAsync(initial.Name, TemporaryFederation.Cancel);

        await Assert.ThrowsAsync<WorkNotNeededException>(federation.InitializeAsync);
        Assert.Null(await federation.Store.FindAsync(ArtifactNames.GlobalParameters("fed", 0), TemporaryFederation.Cancel));
    }

    [Fact]
    public async Task A_host_without_a_package_that_the_federation_was_started_with_does_none_of_its_work()
    {
        using var federation = await TemporaryFederation.CreateAsync(packages: [PackageVersion.Own, new PackageVersion("Acme.Fed", "1.0.0")]);
        var any = federation.DatasetReference;

        foreach (var work in (Func<Task>[])[
            federation.InitializeAsync, () => federation.SelectAsync(), () => federation.AggregateUpdatesAsync(any, any),
            () => new MergeSubtrees(federation.Store, federation.Networks, federation.Strategies, federation.Packages).RunAsync(
                new MergeSubtreesInput(federation.SpecReference, 1, 1, RoundPhase.Fit, new SelectionRange(0, 1), []), TemporaryFederation.Cancel),
            () => new AggregateLeaf(federation.Store, federation.Networks, federation.Strategies, new AttackRegistry(), federation.Packages).RunAsync(
                new AggregateLeafInput(federation.SpecReference, 1, 1, RoundPhase.Fit, 1, any, any, new SelectionRange(0, 1), [], null), TemporaryFederation.Cancel)])
        {
            Assert.Contains("started with Acme.Fed 1.0.0", (await Assert.ThrowsAsync<NotRegisteredException>(work)).Message, StringComparison.Ordinal);
        }
    }
}
