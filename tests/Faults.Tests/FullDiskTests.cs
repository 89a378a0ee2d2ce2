using FlDurable.Faults.Tests.Support;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Storage;

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
    public async Task A_disk_that_stays_full_is_one_failure_that_says_so()
    {
        const int every = 9;
        var first = 1;
        for (; await FailureAsync(first) is { } failure; first += every)
            Assert.Contains(FullDisk.Reason, failure, StringComparison.Ordinal);
        Assert.InRange(first, 5 * every, int.MaxValue);
    }

    private async Task<int> CountStepsAsync()
    {
        var disk = new FullDisk(_ => false);
        await federations.AssertSameAsync(Federations.Smallest, new HostFaults { Files = disk });
        return disk.Steps;
    }

    /// <summary>
    /// What is said of a federation whose disk is full from some step on: by its launch, or by its end. Null when it has not so many steps;
    /// how many it has depends on which slot is the first to make a folder.
    /// </summary>
    private async Task<string?> FailureAsync(int first)
    {
        var disk = new FullDisk(step => step >= first);
        try
        {
            var ended = await federations.RunAsync(Federations.Smallest, new HostFaults { Files = disk });
            if (disk.Steps < first)
                return null;
            Assert.Equal(OrchestrationRuntimeStatus.Failed, ended.Status);
            return ended.Failure;
        }
        catch (ArtifactStoreException exception)
        {
            return exception.Message;
        }
    }
}
