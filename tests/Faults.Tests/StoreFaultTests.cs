using FlDurable.Faults.Tests.Support;

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
    public async Task A_store_that_stays_away_stops_the_engine_with_the_reason_and_the_federation_goes_on_when_it_is_back()
    {
        const int every = 7;
        var calls = await CountCallsAsync();
        for (var first = 1; first <= calls; first += every)
            Assert.Contains(FaultyStore.Reason, await StopAndGoOnAsync(first), StringComparison.Ordinal);
    }

    private Task<string?> StopAndGoOnAsync(int first) => federations.StopAndGoOnAsync(
        Federations.Smallest, new HostFaults { Store = store => new FaultyStore(store, call => call >= first, FaultTime.Before) });

    private async Task<int> CountCallsAsync()
    {
        FaultyStore? counting = null;
        await federations.AssertSameAsync(
            Federations.Smallest,
            new HostFaults { Store = store => counting = new FaultyStore(store, call => call == BeyondAllCalls, FaultTime.Before) });
        return counting!.Calls;
    }
}
