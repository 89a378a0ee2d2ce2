using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>Who is told of a run's end, by the built program.</summary>
public sealed class NotificationTests : IDisposable
{
    private readonly TestFolders folders = new();

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task A_run_ends_when_whoever_wants_to_know_has_been_told()
    {
        using var listener = new Collector();

        await using var run = FlDurableProcess.Start(
            folders, new Dictionary<string, string> { ["FLDURABLE_WEBHOOK_NETWORKS"] = "127.0.0.0/8", ["FLDURABLE_WEBHOOK_SECRET"] = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3" },
            "run", "--id", "told", "--data", "synthetic:train=400,test=50", "--network", "mlp", "--clients", "4", "--rounds", "1", "--notify", $"{listener.Address}/over");
        var end = await run.EndAsync();

        Assert.True(end.ExitCode == 0, end.Error);
        Assert.Contains("told", listener.Taken["/over"], StringComparison.Ordinal);
        Assert.DoesNotContain("nobody took the news", end.Error, StringComparison.Ordinal);
    }
}
