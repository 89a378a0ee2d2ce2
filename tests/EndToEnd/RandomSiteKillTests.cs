using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>
/// A server and its sites' workers, which are killed at random while a federation runs, and cut off from the server for a while: what comes out is what was simulated, nobody has failed in it, and no
/// update has entered twice. <c>FLDURABLE_SITE_KILLS</c> says how often, as 30 times with a cut of 20 seconds, which takes a minute; without it a few times, with a short cut.
/// </summary>
public sealed partial class RandomSiteKillTests(ITestOutputHelper output) : IDisposable
{
    private const string Variable = "FLDURABLE_SITE_KILLS";
    private const string Id = "killed";
    private const int Rounds = 10;
    private const int RoundOfCut = 5;
    private const int MostMilliseconds = 1500;

    private const int UsualKills = 4;

    private static readonly int Kills = int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.None, CultureInfo.InvariantCulture, out var asked) ? asked : UsualKills;
    private static readonly TimeSpan Cut = TimeSpan.FromSeconds(Kills > UsualKills ? 20 : 3);
    private static readonly string[] Sites = ["a", "b", "c"];
    private static readonly string[] Data = ["--data", "synthetic:train=1800,test=60", "--clients", "3", "--partitioner", "dirichlet", "--partitioner-option", "alpha=0.5"];

    private readonly TestFolders folders = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task Killed_at_random_and_cut_off_they_come_to_the_bits_of_the_simulation_and_no_update_enters_twice()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        var simulated = await folders.RunAsync(
            ["run", "--id", "simulated", "--state", folders["simulation"], .. Data, "--network", "mlp", "--epochs", "5", "--rounds", $"{Rounds}", "--central-evaluation", "false", "--json"]);
        Assert.Equal(0, (await folders.RunAsync(["partition", "--state", folders["simulation"], .. Data, "--out", folders["parts"]])).ExitCode);
        foreach (var site in Sites)
            await MakeKeyAsync(site);
        var port = FreePort.Find();
        await using var cable = new CableToServer(port);
        var processes = new List<FlDurableProcess> { Serve(port) };
        var killed = new int[1 + Sites.Length];
        var atWork = 0;
        try
        {
            for (var site = 0; site < Sites.Length; site++)
                processes.Add(Work(cable.Address, site));
            await StartFederationAsync(processes[0], port);
            var cutting = Task.CompletedTask;
            for (var kill = 0; kill < Kills; kill++)
            {
                var round = kill * Rounds / Kills;
                await processes[0].WaitForFileAsync(() => folders.RecordedRounds(Id) >= round);
                if (round == RoundOfCut && cutting == Task.CompletedTask)
                    cutting = cable.CutAsync(Cut, Cancel);
                await Task.Delay(random.Next(MostMilliseconds), Cancel);
                var victim = random.Next(processes.Count);
                atWork += File.Exists(folders.Artifact($"federations/{Id}/result.json")) ? 0 : 1;
                await processes[victim].KillAsync();
                await processes[victim].DisposeAsync();
                processes[victim] = victim == 0 ? Serve(port) : Work(cable.Address, victim - 1);
                killed[victim]++;
            }

            await processes[0].WaitForFileAsync(() => File.Exists(folders.Artifact($"federations/{Id}/result.json")));
            await cutting;
        }
        finally
        {
            foreach (var process in processes)
            {
                output.WriteLine($"process {process.Id} has told: {process.ErrorSoFar}");
                await process.DisposeAsync();
            }
        }

        output.WriteLine($"killed: the server {killed[0]} times, workers {string.Join(", ", killed[1..])}; {atWork} of {Kills} times before the federation was over; cut off for {Cut.TotalSeconds} s");
        Assert.Equal(Digests(simulated.Output), Digests((await folders.RunAsync("status", Id, "--json")).Output));
        for (var round = 1; round <= Rounds; round++)
        {
            using var record = JsonDocument.Parse(await File.ReadAllTextAsync(folders.Artifact($"federations/{Id}/rounds/{round:D6}/record.json"), Cancel));
            Assert.Empty(record.RootElement.GetProperty("failures").EnumerateArray());
            var updates = record.RootElement.GetProperty("participants").EnumerateArray().Where(one => one.TryGetProperty("examples", out _)).Select(one => one.GetProperty("client").GetString());
            Assert.Equal(Sites, updates.Order(StringComparer.Ordinal));
        }
    }

    private FlDurableProcess Serve(int port) => folders.Start("serve", "--no-auth", "--urls", $"http://127.0.0.1:{port}");

    private FlDurableProcess Work(Uri address, int site) => folders.Start(
        "work", "--state", folders[$"site-{Sites[site]}"], "--server", address.AbsoluteUri, "--key-file", folders[$"{Sites[site]}.key"], "--data", folders[$"parts/client-{site}"]);

    private async Task MakeKeyAsync(string site)
    {
        var added = await folders.RunAsync("sites", "add", site);
        await folders.RunShellAsync($"umask 077; printf %s '{added.Output.Trim()}' > {site}.key");
    }

    private static async Task StartFederationAsync(FlDurableProcess server, int port)
    {
        await server.WaitForOutputLineAsync("listening on");
        using var client = new HttpClient();
        using var spec = new StringContent(
            $$$"""{"id":"{{{Id}}}","data":"sites:{{{string.Join(',', Sites)}}}","network":"mlp","epochs":5,"rounds":{{{Rounds}}},"placement":{"kind":"site","maxAttempts":5}}""", null, "application/json");
        using var started = await client.PostAsync(new Uri($"http://127.0.0.1:{port}/api/federations"), spec, Cancel);
        Assert.True(started.IsSuccessStatusCode, await started.Content.ReadAsStringAsync(Cancel));
    }

    private static string[] Digests(string json) => [.. Digest().Matches(json).Select(match => match.Value)];

    [GeneratedRegex("\"parametersSha256\":\\s*\"[0-9a-f]{64}\"")]
    private static partial Regex Digest();
}
