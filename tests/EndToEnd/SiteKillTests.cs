using System.Text.Json;
using System.Text.RegularExpressions;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>
/// A server and its sites' workers, each a process of its own, of which one after another is killed while a federation runs: what comes out is what was simulated, and nobody has
/// failed in it.
/// </summary>
public sealed partial class SiteKillTests : IDisposable
{
    private const int Rounds = 6;
    private const string Id = "killed";

    private static readonly string[] Sites = ["a", "b", "c"];
    private static readonly string[] Data = ["--data", "synthetic:train=900,test=60", "--clients", "3", "--partitioner", "dirichlet", "--partitioner-option", "alpha=0.5"];

    private readonly TestFolders folders = new();

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task Killed_in_turn_they_come_to_the_bits_of_the_simulation_and_nobody_has_failed()
    {
        var simulated = await folders.RunAsync(
            ["run", "--id", "simulated", "--state", folders["simulation"], .. Data, "--network", "mlp", "--rounds", $"{Rounds}", "--central-evaluation", "false", "--json"]);
        Assert.Equal(0, (await folders.RunAsync(["partition", "--state", folders["simulation"], .. Data, "--out", folders["parts"]])).ExitCode);
        foreach (var site in Sites)
            await MakeKeyAsync(site);
        var address = new Uri($"http://127.0.0.1:{FreePort.Find()}");
        var processes = new List<FlDurableProcess> { Serve(address) };
        try
        {
            for (var site = 0; site < Sites.Length; site++)
                processes.Add(Work(address, site));
            await StartFederationAsync(processes[0], address);
            for (var kill = 0; kill < Rounds; kill++)
            {
                var round = kill;
                await processes[0].WaitForFileAsync(() => folders.RecordedRounds(Id) > round);
                var victim = kill % processes.Count;
                await processes[victim].KillAsync();
                await processes[victim].DisposeAsync();
                processes[victim] = victim == 0 ? Serve(address) : Work(address, victim - 1);
            }

            await processes[0].WaitForFileAsync(() => File.Exists(folders.Artifact($"federations/{Id}/result.json")));
        }
        finally
        {
            foreach (var process in processes)
                await process.DisposeAsync();
        }

        Assert.Equal(Digests(simulated.Output), Digests((await folders.RunAsync("status", Id, "--json")).Output));
        for (var round = 1; round <= Rounds; round++)
        {
            var record = JsonDocument.Parse(await File.ReadAllTextAsync(folders.Artifact($"federations/{Id}/rounds/{round:D6}/record.json"), TestContext.Current.CancellationToken));
            Assert.Empty(record.RootElement.GetProperty("failures").EnumerateArray());
            Assert.Equal(Sites.Length, record.RootElement.GetProperty("participants").EnumerateArray().Count(one => one.TryGetProperty("examples", out _)));
        }
    }

    private FlDurableProcess Serve(Uri address) => folders.Start("serve", "--no-auth", "--urls", address.GetLeftPart(UriPartial.Authority));

    private FlDurableProcess Work(Uri address, int site) => folders.Start(
        "work", "--state", folders[$"site-{Sites[site]}"], "--server", address.AbsoluteUri, "--key-file", folders[$"{Sites[site]}.key"], "--data", folders[$"parts/client-{site}"]);

    private async Task MakeKeyAsync(string site)
    {
        var added = await folders.RunAsync("sites", "add", site);
        await folders.RunShellAsync($"umask 077; printf %s '{added.Output.Trim()}' > {site}.key");
    }

    private static async Task StartFederationAsync(FlDurableProcess server, Uri address)
    {
        await server.WaitForOutputLineAsync("listening on");
        using var client = new HttpClient { BaseAddress = address };
        using var spec = new StringContent(
            $$$"""{"id":"{{{Id}}}","data":"sites:{{{string.Join(',', Sites)}}}","network":"mlp","rounds":{{{Rounds}}},"placement":{"kind":"site","maxAttempts":5}}""", null, "application/json");
        using var started = await client.PostAsync(new Uri("/api/federations", UriKind.Relative), spec, TestContext.Current.CancellationToken);
        Assert.True(started.IsSuccessStatusCode, await started.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }

    private static string[] Digests(string json) => [.. Digest().Matches(json).Select(match => match.Value)];

    [GeneratedRegex("\"parametersSha256\":\\s*\"[0-9a-f]{64}\"")]
    private static partial Regex Digest();
}
