using FlDurable.Faults.Tests.Support;

namespace FlDurable.Faults.Tests;

/// <summary>The disk is full, for a moment or for good.</summary>
public sealed class FullDiskTests(Federations federations) : IClassFixture<Federations>
{
    [Fact]
    public async Task A_disk_that_is_full_at_any_one_step_of_any_file_changes_no_bit()
    {
        var steps = await CountStepsAsync();
        for (var fault = 1; fault <= steps; fault++)
        {
            var at = fault;
            await federations.AssertSameAsync(Federations.Smallest, new HostFaults { Files = new FullDisk(step => step == at) }, launches: 2);
        }
    }

    [Fact]
    public async Task A_disk_that_stays_full_stops_the_engine_with_the_reason_and_the_federation_goes_on_when_there_is_room()
    {
        // How many steps there are depends on which slot is the first to make a folder.
        const int every = 9;
        var first = 1;
        for (; await StopAndGoOnAsync(first) is { } reason; first += every)
            Assert.Contains(FullDisk.Reason, reason, StringComparison.Ordinal);
        Assert.InRange(first, 5 * every, int.MaxValue);
    }

    /// <summary>Why a federation stops whose disk is full from some step on; null when it has not so many steps.</summary>
    private Task<string?> StopAndGoOnAsync(int first) =>
        federations.StopAndGoOnAsync(Federations.Smallest, new HostFaults { Files = new FullDisk(step => step >= first) });

    private async Task<int> CountStepsAsync()
    {
        var disk = new FullDisk(_ => false);
        await federations.AssertSameAsync(Federations.Smallest, new HostFaults { Files = disk });
        return disk.Steps;
    }
}
