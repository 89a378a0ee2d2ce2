using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>Who watches a federation that a server runs.</summary>
public sealed class WatchedServerTests : IDisposable
{
    private readonly TestFolders folders = new();
    private readonly string address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{FreePort.Find()}");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

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

    [Fact]
    public async Task A_server_that_a_hundred_look_at_ends_when_it_is_told_to_and_cuts_nobody_off()
    {
        await using var server = await ServeAsync();
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        using var started = await http.PostAsync("api/federations", new StringContent("""{"id": "seen", "data": "synthetic:train=2000,test=100", "clients": 4, "rounds": 10000}""", Encoding.UTF8, "application/json"), Cancel);
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);
        using var allHaveSeen = new CountdownEvent(100);
        var readers = Enumerable.Range(0, 100).Select(_ => ReadAsync()).ToList();
        await Task.Run(() => allHaveSeen.Wait(Cancel), Cancel);

        server.Signal(PosixSignal.SIGTERM);
        var end = await server.EndAsync();
        var ends = await Task.WhenAll(readers);

        Assert.Equal(0, end.ExitCode);
        Assert.All(ends, Assert.Null);

        // Returns why an answer was none; null once there is nobody to ask any more.
        async Task<string?> ReadAsync()
        {
            for (var asked = 0; ; asked++)
            {
                HttpResponseMessage answer;
                try
                {
                    answer = await http.GetAsync("api/federations/seen?rounds=0", HttpCompletionOption.ResponseHeadersRead, Cancel);
                }
                catch (HttpRequestException)
                {
                    return null;
                }

                using (answer)
                {
                    if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable))
                        return $"{answer.StatusCode}";
                    var length = answer.Content.Headers.ContentLength;
                    if ((await answer.Content.ReadAsByteArrayAsync(Cancel)).Length != length)
                        return "it was cut off";
                }

                if (asked == 0)
                    allHaveSeen.Signal();
                await Task.Delay(TimeSpan.FromMilliseconds(100), Cancel);
            }
        }
    }

    private async Task<FlDurableProcess> ServeAsync()
    {
        var server = folders.Start("serve", "--urls", address, "--no-auth");
        await server.WaitForOutputLineAsync("listening on");
        return server;
    }
}
