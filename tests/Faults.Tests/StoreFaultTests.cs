using FlDurable.Faults.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Storage;

namespace FlDurable.Faults.Tests;

/// <summary>The artifact store fails, for a moment or for good.</summary>
public sealed class StoreFaultTests(Federations federations) : IClassFixture<Federations>
{
    private const int BeyondAllCalls = int.MaxValue;

    [Theory]
    [InlineData(FaultTime.Before)]
    [InlineData(FaultTime.After)]
    public async Task A_store_that_fails_at_any_one_call_changes_no_bit(FaultTime when)
    {
        var calls = await CountCallsAsync();
        for (var fault = 1; fault <= calls; fault++)
        {
            var at = fault;
            await federations.AssertSameAsync(
                Federations.Smallest, new HostFaults { Store = store => new FaultyStore(store, call => call == at, when) }, launches: 2);
        }
    }

    [Fact]
    public async Task A_store_that_stays_away_is_one_failure_that_says_so()
    {
        const int every = 7;
        var calls = await CountCallsAsync();
        for (var first = 1; first <= calls; first += every)
            Assert.Contains(FaultyStore.Reason, await FailureAsync(first), StringComparison.Ordinal);
    }

    private async Task<int> CountCallsAsync()
    {
        FaultyStore? counting = null;
        await federations.AssertSameAsync(
            Federations.Smallest,
            new HostFaults { Store = store => counting = new FaultyStore(store, call => call == BeyondAllCalls, FaultTime.Before) });
        return counting!.Calls;
    }

    /// <summary>What is said of a federation whose store fails from some call on: by its launch, or by its end.</summary>
    private async Task<string?> FailureAsync(int first)
    {
        try
        {
            var ended = await federations.RunAsync(
                Federations.Smallest, new HostFaults { Store = store => new FaultyStore(store, call => call >= first, FaultTime.Before) });
            Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.Status);
            return ended.Failure;
        }
        catch (ArtifactStoreException exception)
        {
            return exception.Message;
        }
    }
}
