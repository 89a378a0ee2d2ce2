using FlDurable.Orchestrator.Tests.Support;
using FlDurable.Shared.Failures;
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
}
