using System.Globalization;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>Who watches a federation that a server runs.</summary>
public sealed class WatchedServerTests : IDisposable
{
    private readonly TestFolders folders = new();
    private readonly string address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}");

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task A_server_that_is_killed_and_started_anew_is_watched_on_to_the_federations_end()
    {
        await using var first = await ServeAsync();
        await using var run = folders.Start(
            "run", "--server", address, "--id", "one", "--data", "synthetic:train=2000,test=100", "--clients", "4", "--epochs", "8", "--rounds", "12");
        await run.WaitForOutputLineAsync("round 1/12");
        await first.KillAsync();
        await run.WaitForErrorLineAsync($"the server at {address}/ can't be asked");

        await using var second = await ServeAsync();
        var end = await run.EndAsync();

        Assert.Equal(0, end.ExitCode);
        Assert.Contains("round 12/12", end.Output, StringComparison.Ordinal);
        Assert.Contains("model: SHA-256", end.Output, StringComparison.Ordinal);
    }

    private async Task<FlDurableProcess> ServeAsync()
    {
        var server = folders.Start("serve", "--urls", address, "--no-auth");
        await server.WaitForOutputLineAsync("listening on");
        return server;
    }
}
