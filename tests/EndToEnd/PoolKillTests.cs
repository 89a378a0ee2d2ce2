using System.Text.Json;
using System.Text.RegularExpressions;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>
/// A server and three workers of its pool, each a process of its own, of which one after another is killed while a federation runs: what comes out is what the host alone has, and
/// nobody has failed in it.
/// </summary>
public sealed partial class PoolKillTests : IDisposable
{
    private const int Rounds = 6;
    private const int Workers = 3;
    private const string Id = "killed";

    private static readonly string[] Data = ["--data", "synthetic:train=900,test=60", "--clients", "6", "--partitioner", "dirichlet", "--partitioner-option", "alpha=0.5"];

    private readonly TestFolders folders = new();

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task Killed_in_turn_they_come_to_the_bits_of_the_host_and_nobody_has_failed()
    {
        var alone = await folders.RunAsync(
            ["run", "--id", "alone", "--state", folders["alone"], .. Data, "--network", "mlp", "--rounds", $"{Rounds}", "--cohort-size", "2", "--json"]);
        var added = await folders.RunAsync("pool", "add", "gpu");
        await folders.RunShellAsync($"umask 077; printf %s '{added.Output.Trim()}' > gpu.key");
        var address = new Uri($"http://127.0.0.1:{FreePort.Find()}");
        var processes = new List<FlDurableProcess> { Serve(address) };
        try
        {
            for (var worker = 0; worker < Workers; worker++)
                processes.Add(Work(address));
            await StartFederationAsync(processes[0], address);
            for (var kill = 0; kill < Rounds; kill++)
            {
                var round = kill;
                await processes[0].WaitForFileAsync(() => folders.RecordedRounds(Id) > round);
                var victim = (kill + 1) % processes.Count;
                await processes[victim].KillAsync();
                await processes[victim].DisposeAsync();
                processes[victim] = victim == 0 ? Serve(address) : Work(address);
            }

            await processes[0].WaitForFileAsync(() => File.Exists(folders.Artifact($"federations/{Id}/result.json")));
        }
        finally
        {
            foreach (var process in processes)
                await process.DisposeAsync();
        }

        for (var round = 1; round <= Rounds; round++)
        {
            var record = JsonDocument.Parse(await File.ReadAllTextAsync(folders.Artifact($"federations/{Id}/rounds/{round:D6}/record.json"), TestContext.Current.CancellationToken));
            Assert.Equal("[]", record.RootElement.GetProperty("failures").GetRawText());
        }

        Assert.Equal(Digests(alone.Output), Digests((await folders.RunAsync("status", Id, "--json")).Output));
    }

    private FlDurableProcess Serve(Uri address) => folders.Start("serve", "--no-auth", "--urls", address.GetLeftPart(UriPartial.Authority));

    private FlDurableProcess Work(Uri address) => folders.Start("work", "--pool", "--server", address.AbsoluteUri, "--key-file", folders["gpu.key"]);

    private static async Task StartFederationAsync(FlDurableProcess server, Uri address)
    {
        await server.WaitForOutputLineAsync("listening on");
        using var client = new HttpClient { BaseAddress = address };
        using var spec = new StringContent(
            $$$"""
            {"id":"{{{Id}}}","data":"synthetic:train=900,test=60","clients":6,"partitioner":{"name":"dirichlet","alpha":0.5},"network":"mlp","rounds":{{{Rounds}}},"cohortSize":2,
            "placement":{"kind":"pool","fallback":"none","attemptTimeoutSeconds":10,"maxAttempts":10}}
            """,
            null, "application/json");
        using var started = await client.PostAsync(new Uri("/api/federations", UriKind.Relative), spec, TestContext.Current.CancellationToken);
        Assert.True(started.IsSuccessStatusCode, await started.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static string[] Digests(string json) => [.. Digest().Matches(json).Select(match => match.Value)];

    [GeneratedRegex("\"parametersSha256\":\\s*\"[0-9a-f]{64}\"")]
    private static partial Regex Digest();
}
