using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>
/// Three sites, each in a network of its own, and a server in a fourth, with nothing between them but a cable each: every byte that leaves a site is counted, and the cables are pulled while the
/// federation runs, for 3 seconds or as many as <c>FLDURABLE_NAMESPACES</c> says. It takes Linux, who may make networks there (root), and <c>ip</c>.
/// </summary>
public sealed partial class SiteNamespaceTests(ITestOutputHelper output) : IDisposable
{
    private const string Variable = "FLDURABLE_NAMESPACES";
    private const string Id = "apart";
    private const string Card = "eth0";
    private const int Rounds = 6;
    private const int RoundOfCut = 3;
    private const string UsualSeconds = "3";

    private static readonly string[] Sites = ["a", "b", "c"];
    private static readonly string[] Data = ["--data", "synthetic:train=900,test=60", "--clients", "3", "--partitioner", "dirichlet", "--partitioner-option", "alpha=0.5"];
    private static readonly IPEndPoint Server = new(IPAddress.Loopback, 7071);
    private static readonly IPEndPoint Front = new(new IPAddress([10, 77, 0, 1]), 7443);

    private readonly TestFolders folders = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task Sites_that_are_cut_off_for_a_while_come_to_the_simulations_bits_and_little_more_than_models_has_left_them()
    {
        Assert.SkipUnless(await NetworkNamespace.CanBeMadeAsync(), "networks can't be made here");
        var seconds = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } given ? given : UsualSeconds;
        var simulated = await folders.RunAsync(
            ["run", "--id", "simulated", "--state", folders["simulation"], .. Data, "--rounds", $"{Rounds}", "--central-evaluation", "false", "--fraction-evaluate", "0", "--json"]);
        Assert.Equal(0, (await folders.RunAsync(["partition", "--state", folders["simulation"], .. Data, "--out", folders["parts"]])).ExitCode);
        await using var center = await NetworkNamespace.CreateAsync(Cancel);
        await center.RunAsync($"ip link add bridge type bridge; ip addr add {Front.Address}/24 dev bridge; ip link set bridge up");
        var (places, processes) = (new List<NetworkNamespace>(), new List<FlDurableProcess>());
        try
        {
            var server = folders.StartInShell(center.Enter, "serve", "--urls", $"http://{Server}");
            processes.Add(server);
            await server.WaitForOutputLineAsync("listening on");
            await using var front = await TlsFront.StartAsync(center, Front, Server);
            await File.WriteAllTextAsync(folders["ca.pem"], front.Authority, Cancel);
            foreach (var (number, site) in Sites.Index())
            {
                places.Add(await ConnectAsync(center, number));
                processes.Add(await WorkAsync(places[number], number, site));
            }

            await StartFederationAsync(center);
            await server.WaitForFileAsync(() => folders.RecordedRounds(Id) > RoundOfCut);
            await center.RunAsync(string.Join("; ", Sites.Index().Select(site => $"ip link set cable{site.Index} down")));
            await Task.Delay(TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)), Cancel); // packets are lost, and nobody is told
            await center.RunAsync(string.Join("; ", Sites.Index().Select(site => $"ip link set cable{site.Index} up")));
            await server.WaitForFileAsync(() => File.Exists(folders.Artifact($"federations/{Id}/result.json")));

            var model = new FileInfo(folders.Artifact($"federations/{Id}/model.safetensors")).Length;
            foreach (var (place, site) in places.Zip(Sites))
            {
                var sent = place.SentBy(Card);
                output.WriteLine($"{site}: {sent:N0} bytes in {Rounds} rounds of {model:N0}");

                // An update may be sent once more when its answer was lost; the rest are acknowledgements of what is received, TLS, requests and renewals.
                Assert.InRange(sent, Rounds * model, ((Rounds + 1) * model * 11 / 10) + (256 << 10));
            }
        }
        finally
        {
            foreach (var process in processes)
                await process.DisposeAsync();
            foreach (var place in places)
                await place.DisposeAsync();
        }

        Assert.Equal(Digests(simulated.Output), Digests((await folders.RunAsync("status", Id, "--json")).Output));
        for (var round = 1; round <= Rounds; round++)
        {
            using var record = JsonDocument.Parse(await File.ReadAllTextAsync(folders.Artifact($"federations/{Id}/rounds/{round:D6}/record.json"), Cancel));
            Assert.Empty(record.RootElement.GetProperty("failures").EnumerateArray());
        }
    }

    /// <summary>Makes a site's network, of which one cable leads to the center.</summary>
    private static async Task<NetworkNamespace> ConnectAsync(NetworkNamespace center, int number)
    {
        var place = await NetworkNamespace.CreateAsync(Cancel);
        await center.RunAsync($"ip link add cable{number} type veth peer name {Card} netns {place.Id}; ip link set cable{number} master bridge up");
        await place.RunAsync($"ip addr add 10.77.0.{10 + number}/24 dev {Card}; ip link set {Card} up");
        return place;
    }

    private async Task<FlDurableProcess> WorkAsync(NetworkNamespace place, int number, string site)
    {
        var added = await folders.RunAsync("sites", "add", site);
        await folders.RunShellAsync($"umask 077; printf %s '{added.Output.Trim()}' > {site}.key");
        return folders.StartInShell(
            place.Enter, "work", "--state", folders[$"site-{site}"], "--server", $"https://{Front}", "--ca", folders["ca.pem"], "--key-file", folders[$"{site}.key"],
            "--data", folders[$"parts/client-{number}"]);
    }

    private async Task StartFederationAsync(NetworkNamespace center)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var socket = await center.OpenAsync();
                await socket.ConnectAsync(Server, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler);
        client.DefaultRequestHeaders.Add("x-functions-key", (await File.ReadAllTextAsync(Path.Combine(folders.State, "api.key"), Cancel)).Trim());
        using var spec = new StringContent(
            $$$"""{"id":"{{{Id}}}","data":"sites:{{{string.Join(',', Sites)}}}","rounds":{{{Rounds}}},"fractionEvaluate":0,"placement":{"kind":"site","maxAttempts":5}}""", null, "application/json");
        using var started = await client.PostAsync(new Uri($"http://{Server}/api/federations"), spec, Cancel);
        Assert.True(started.IsSuccessStatusCode, await started.Content.ReadAsStringAsync(Cancel));
    }

    private static string[] Digests(string json) => [.. Digest().Matches(json).Select(match => match.Value)];

    [GeneratedRegex("\"parametersSha256\":\\s*\"[0-9a-f]{64}\"")]
    private static partial Regex Digest();
}
