using System.Runtime.InteropServices;
using System.Text.Json;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>A federation that is stopped anywhere goes on to the result that it would have had.</summary>
public sealed class InterruptionTests(UninterruptedRun uninterrupted) : IClassFixture<UninterruptedRun>, IDisposable
{
    private const string Id = "stopped";

    private readonly TestFolders folders = new();

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task Killed_in_the_middle_of_round_2_and_started_again_it_has_the_same_result()
    {
        await using (var killed = folders.Start(UninterruptedRun.Arguments(Id)))
        {
            await InRound2Async(killed);
            await killed.KillAsync();
        }

        Assert.False(File.Exists(folders.Artifact($"federations/{Id}/rounds/000002/record.json")));
        await using var resumed = folders.Start(UninterruptedRun.Arguments(Id));
        Assert.Equal(uninterrupted.Result, UninterruptedRun.Comparable(await resumed.EndAsync()));
    }

    [Theory]
    [InlineData(PosixSignal.SIGINT)]
    [InlineData(PosixSignal.SIGTERM)]
    [InlineData(PosixSignal.SIGHUP)]
    public async Task Stopped_by_a_signal_it_says_how_to_go_on_and_that_has_the_same_result(PosixSignal signal)
    {
        await using var stopped = folders.Start(UninterruptedRun.Arguments(Id));
        await InRound2Async(stopped);
        stopped.Signal(signal);
        var end = await stopped.EndAsync();

        Assert.Equal((128 + FlDurableProcess.NumberOf(signal), ""), (end.ExitCode, end.Output));
        Assert.Contains($"To go on: fldurable run --id {Id}", end.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", end.Error, StringComparison.Ordinal);
        await using var resumed = folders.Start("run", "--id", Id, "--json");
        await resumed.WaitForErrorLineAsync("going on after round 1");
        Assert.Equal(uninterrupted.Result, UninterruptedRun.Comparable(await resumed.EndAsync()));
    }

    [Fact]
    public async Task While_it_runs_it_can_be_looked_at_but_not_run_by_another()
    {
        await using var running = folders.Start(UninterruptedRun.Arguments(Id, rounds: 100));
        await InRound2Async(running);

        await using var status = folders.Start("status", Id, "--json");
        await using var list = folders.Start("list");
        await using var export = folders.Start("export", "--id", Id, "--round", "1", "--out", folders["model.safetensors"]);
        await using var other = folders.Start(UninterruptedRun.Arguments("other"));
        var (seen, listed, exported, refused) = (await status.EndAsync(), await list.EndAsync(), await export.EndAsync(), await other.EndAsync());
        await running.KillAsync();

        using var document = JsonDocument.Parse(seen.Output);
        Assert.Equal("running", document.RootElement.GetProperty("status").GetString());
        Assert.Contains("running", listed.Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (exported.ExitCode, exported.Error));
        Assert.Equal(2, refused.ExitCode);
        Assert.Matches(
            $@"in use by another process \(process {running.Id}, fldurable run --id {Id}, since \d{{4}}-.* UTC\); end that process",
            Assert.Single(refused.Error.Split('\n')));
        await using var after = folders.Start("list");
        Assert.Contains("interrupted", (await after.EndAsync()).Output, StringComparison.Ordinal);
    }

    /// <summary>Waits until a client has trained in round 2; three more are to come.</summary>
    private Task InRound2Async(FlDurableProcess process) => process.WaitForFileAsync(
        () => Directory.Exists(folders.Artifact($"updates/{Id}/000002"))
            && Directory.EnumerateFiles(folders.Artifact($"updates/{Id}/000002"), "fit_1_client-*.safetensors").Any());
}
