using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FlDurable.Api.Tests.Support;
using FlDurable.LocalHost.CommandLine;

namespace FlDurable.Api.Tests;

/// <summary>The commands of the command line that go through a server: one that has the state folder, or one that <c>--server</c> names.</summary>
public sealed class ServerCommandsTests : IDisposable
{
    private static readonly string[] Small = ["--data", SmallData.Name, "--clients", "3", "--rounds", "2"];

    private readonly TestFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Where_a_server_has_the_state_folder_commands_go_through_it()
    {
        await using var host = await ApiHost.StartAsync();

        var run = await AtFolderAsync(host, ["run", "--id", "one", .. Small]);
        var again = await AtFolderAsync(host, ["run", "one"]);
        var branch = await AtFolderAsync(host, ["branch", "one", "--round", "1", "--new-id", "two", "--learning-rate", "0.01", "--json"]);
        var late = await AtFolderAsync(host, ["suspend", "one"]);
        var listed = await AtFolderAsync(host, ["list"]);
        var purged = await AtFolderAsync(host, ["purge", "one"]);
        using (await host.DeleteAsync("/api/federations/two"))
            Assert.Contains("1 partitioned data set: ", (await AtFolderAsync(host, ["list"])).Output, StringComparison.Ordinal);
        var data = await AtFolderAsync(host, ["purge", "--data"]);

        AssertDone(run);
        Assert.Contains($"federation one is at work at {host.Address}", run.Output, StringComparison.Ordinal);
        Assert.Contains("round 2/2  fit loss ", run.Output, StringComparison.Ordinal);
        Assert.Contains("model: SHA-256 ", run.Output, StringComparison.Ordinal);
        AssertDone(again);
        Assert.Contains("it is over; this is how it ended", again.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, branch.ExitCode);
        Assert.Contains("federation two is at work at ", branch.Error, StringComparison.Ordinal);
        var two = JsonNode.Parse(branch.Output)!;
        Assert.Equal(("completed", 0.01, 3), (two["status"]!.GetValue<string>(), two["spec"]!["learningRate"]!.GetValue<double>(), two["spec"]!["clients"]!.GetValue<int>()));
        AssertRefused(late, "federation 'one' is completed");
        AssertDone(listed);
        Assert.Matches(@"one +completed", listed.Output);
        Assert.Equal((ExitCode.Done, "federation one is purged; its id stays taken"), (purged.ExitCode, purged.Output.Trim()));
        AssertDone(data);
        Assert.Matches(@"^1 data set that no federation uses: removed \([0-9.]+ MB\)\s*$", data.Output);
        Assert.DoesNotContain("partitioned data set", (await AtFolderAsync(host, ["list"])).Output, StringComparison.Ordinal);
        using var gone = await host.GetAsync("/api/federations/one");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task A_server_is_asked_from_elsewhere_with_its_key()
    {
        await using var host = await ApiHost.StartAsync();
        string[] server = ["--server", host.Address.ToString(), "--key-file", KeyFile(host)];
        await File.WriteAllTextAsync(folder["spec.jsonc"], $$"""{ "$schema": "./x.schema.json", "data": "{{SmallData.Name}}", "clients": 3, /* few */ "rounds": 1 }""", Cancel);

        var run = await AtAsync(["run", folder["spec.jsonc"], "--id", "one", "--rounds", "2", .. server]);
        var status = await AtAsync(["status", "one", .. server]);
        var json = await AtAsync(["status", "one", "--watch", "--json", .. server]);
        var list = await AtAsync(["list", "--status", "completed,running", "--order", "newest", "--page-size", "1", .. server]);
        var rows = await AtAsync(["list", "--csv", .. server]);
        var rounds = await AtAsync(["status", "one", "--csv", .. server]);
        var here = await AtFolderAsync(host, ["status", "one", "--csv"]);
        var none = await AtAsync(["list", "--prefix", "x", .. server]);
        var purged = await AtAsync(["purge", "one", "--terminate", "--data", .. server]);

        AssertDone(run);
        AssertDone(status);
        Assert.Contains($"federation one at {host.Address}: completed, 2 of 2 rounds", status.Output, StringComparison.Ordinal);
        Assert.Contains("3 clients, network cifar10-cnn, engine lanes, seed 42", status.Output, StringComparison.Ordinal);
        AssertDone(json);
        Assert.Equal(3, JsonNode.Parse(json.Output)!["rounds"]!.AsArray().Count);
        AssertDone(list);
        Assert.Matches(@"one +completed +2/2", list.Output);
        AssertDone(rows);
        Assert.Matches("^id,status,round,rounds,.*\none,completed,2,2,", rows.Output);
        AssertDone(rounds);
        Assert.Equal(here.Output, rounds.Output);
        AssertDone(none);
        Assert.StartsWith($"no such federations at {host.Address}{Environment.NewLine}1 partitioned data set: ", none.Output, StringComparison.Ordinal);
        AssertDone(purged);
        Assert.Matches(@"^federation one is purged; its id stays taken\s+the data that only it used is removed \([0-9.]+ MB\)\s+0 data sets that no federation uses: removed \(0.0 MB\)\s*$", purged.Output);
        Assert.False(Directory.Exists(folder["elsewhere"]));
    }

    [Fact]
    public async Task What_came_of_federations_is_drawn_compared_reported_and_exported_from_elsewhere_as_from_the_folder()
    {
        await using var host = await ApiHost.StartAsync();
        string[] server = ["--server", host.Address.ToString(), "--key-file", KeyFile(host)];
        await host.FinishAsync(ApiHost.Spec("one", ("keepBest", "centralAccuracy"), ("metrics", "macroF1")));
        await host.FinishAsync(ApiHost.Spec("two", ("learningRate", 0.01)));

        foreach (var (name, command) in ((string, string[])[])
        [
            ("accuracy.svg", ["plot", "one"]), ("f1.svg", ["plot", "one", "--measure", "macroF1"]), ("final.safetensors", ["export", "one"]), ("first.safetensors", ["export", "one", "--round", "1"]),
            ("best.safetensors", ["export", "one", "--best"]), ("compare.html", ["compare", "one", "two"]), ("one.onnx", ["export", "one", "--format", "onnx"]),
        ])
        {
            Assert.Equal(ExitCode.Done, (await AtAsync([.. command, "--out", folder[$"remote-{name}"], .. server])).ExitCode);
            Assert.Equal(ExitCode.Done, (await AtFolderAsync(host, [.. command, "--out", folder[name]])).ExitCode);
            Assert.Equal(await File.ReadAllBytesAsync(folder[name], Cancel), await File.ReadAllBytesAsync(folder[$"remote-{name}"], Cancel));
        }

        Assert.Equal((await AtFolderAsync(host, ["compare", "one", "two", "--csv"])).Output, (await AtAsync(["compare", "one", "two", "--csv", .. server])).Output);
        Assert.Equal(ExitCode.Done, (await AtAsync(["report", "one", "--out", folder["report.html"], .. server])).ExitCode);
        var report = await File.ReadAllTextAsync(folder["report.html"], Cancel);
        Assert.All((string[])["completed, 2 of 2 rounds", "client-2", "label entropy ", "best round", "macroF1 by round"], text => Assert.Contains(text, report, StringComparison.Ordinal));
        AssertRefused(await AtAsync(["export", "two", "--best", "--out", folder["x.safetensors"], .. server]), "--best: federation 'two' at ");
        AssertRefused(await AtAsync(["export", "one", "--round", "9", "--out", folder["x.safetensors"], .. server]), "federation 'one' has no parameters of round 9");
        AssertRefused(await AtAsync(["plot", "none", "--out", folder["x.svg"], .. server]), "there is no federation 'none'");
        Assert.False(Directory.Exists(folder["elsewhere"]));
    }

    [Fact]
    public async Task A_model_of_a_server_is_evaluated_on_the_data_as_this_machine_has_it()
    {
        await using var host = await ApiHost.StartAsync();
        string[] server = ["--server", host.Address.ToString(), "--key-file", KeyFile(host)];
        await host.FinishAsync(ApiHost.Spec("one", ("data", "synthetic:train=300,test=60"), ("keepBest", "centralAccuracy")));

        foreach (string[] which in (string[][])[["--json"], ["--csv", "--round", "0"], ["--best"]])
        {
            var (here, there) = (await AtFolderAsync(host, ["evaluate", "one", .. which]), await AtAsync(["evaluate", "one", .. which, .. server]));
            AssertDone(here);
            Assert.Equal(here, there);
        }

        AssertRefused(await AtAsync(["evaluate", "one", "--data", "synthetic:train=300,test=60,seed=1", .. server]), "is not what federation 'one' learnt from: expected SHA-256 ");
        AssertRefused(await AtAsync(["evaluate", "one", "--data", folder["none.zip"], .. server]), "--data: what federation 'one' learnt from can't be had here: ");
        AssertRefused(await AtFolderAsync(host, ["evaluate", "one", "--data", "synthetic"]), "--data: a federation of a state folder has its data there");
        AssertRefused(await AtAsync(["evaluate", "none", .. server]), "there is no federation 'none'");
        Assert.False(Directory.Exists(folder["elsewhere"]));
    }

    [Fact]
    public async Task What_a_server_tells_of_federations_are_the_lines_that_its_folder_tells()
    {
        await using var host = await ApiHost.StartAsync();
        string[] server = ["--server", host.Address.ToString(), "--key-file", KeyFile(host)];
        await host.FinishAsync(ApiHost.Spec("completed", ("keepBest", "centralAccuracy"), ("privacy", new JsonObject { ["noiseMultiplier"] = 0.5, ["clip"] = 1.0 })));
        await host.FinishAsync(ApiHost.Spec("lossy", ("clients", 4), ("rounds", 8), ("minFitClients", 2), ("quorum", 2), ("fractionEvaluate", 1), ("availability", "0-2")));
        await host.FinishAsync(ApiHost.Spec("failed", ("quorum", 3), ("availability", "0")));
        using var started = await host.StartAsync(ApiHost.Spec("suspended", ("rounds", 1_000)));
        await host.WaitAsync("suspended", federation => federation["progress"]!["round"]!.GetValue<int>() > 0);
        using var suspended = await host.PostAsync("/api/federations/suspended/suspend");
        await host.WaitAsync("suspended", federation => federation.Status() == "suspended" && federation["inProgress"] is null);

        foreach (var id in (string[])["completed", "lossy", "failed", "suspended"])
        {
            var (here, there) = await AtBothAsync("status", id);
            AssertDone(here);
            Assert.Equal(here.Output, there.Output.Replace($" at {host.Address}:", ":", StringComparison.Ordinal));
        }

        var (list, remote) = await AtBothAsync("list");
        AssertDone(list);
        Assert.Equal(Lines(list), Lines(remote));

        // The round of a suspended federation goes on to its end: both are to have looked at the same.
        async Task<(CommandRun Here, CommandRun There)> AtBothAsync(params string[] command)
        {
            while (true)
            {
                var (before, there, after) = (await AtFolderAsync(host, command), await AtAsync([.. command, .. server]), await AtFolderAsync(host, command));
                if (before == after)
                    return (after, there);
            }
        }

        // The sizes of federations are the folder's, and so is the column's width.
        static IEnumerable<string> Lines(CommandRun run) => run.Output.Split(Environment.NewLine).Where(line => !line.Contains('─', StringComparison.Ordinal))
            .Select(line => Regex.Replace(Regex.Replace(line, " +[0-9.]+ MB *$", ""), " +", " ").Trim());
    }

    [Theory]
    [InlineData("502 Bad Gateway")]
    [InlineData("503 Service Unavailable")]
    [InlineData("504 Gateway Timeout")]
    public async Task Whoever_watches_outlasts_a_proxy_that_can_not_reach_the_server_for_a_while(string answer)
    {
        await using var host = await ApiHost.StartAsync();
        await host.FinishAsync(ApiHost.Spec("one"));
        using var proxy = new BrokenProxy(host.Address, answer, refusals: 2);
        string[] server = ["--server", proxy.Address, "--key-file", KeyFile(host)];

        AssertRefused(await AtAsync(["status", "one", .. server]), $"the server at {proxy.Address} can't be asked now: what is before it answers {answer[..3]}");
        var watched = await AtAsync(["status", "one", "--watch", .. server]);

        Assert.Equal(ExitCode.Done, watched.ExitCode);
        Assert.Contains($"answers {answer[..3]}; it is asked again for a minute", watched.Error, StringComparison.Ordinal);
        Assert.Contains("completed, 2 of 2 rounds", watched.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_federation_of_a_server_is_held_let_go_watched_and_ended()
    {
        await using var host = await ApiHost.StartAsync();
        using (await host.StartAsync(ApiHost.Spec("long", ("rounds", 100_000))))
        {
        }

        AssertDone(await AtFolderAsync(host, ["suspend", "long", "--reason", "for the night"]));
        await host.WaitAsync("long", federation => federation.Status() == "suspended");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var output = new Lines();
        await using var error = new StringWriter();
        var watching = CommandLine.RunAsync(output, error, stop.Token, "run", "long", "--state", host.StateFolder);
        await output.NextAsync("it was suspended, and is resumed");
        await output.NextAsync("round ");
        await stop.CancelAsync();
        Assert.Equal(ExitCode.Interrupted, await watching);
        Assert.Contains($"no longer watched; the server goes on with it. To watch it: fldurable run long --state {host.StateFolder}", error.ToString(), StringComparison.Ordinal);
        Assert.Contains("running", (await AtFolderAsync(host, ["status", "long"])).Output, StringComparison.Ordinal);

        AssertDone(await AtFolderAsync(host, ["terminate", "long", "--reason", "enough seen"]));
        await host.WaitAsync("long");
        var over = await AtFolderAsync(host, ["run", "long"]);
        Assert.Equal(ExitCode.Failed, over.ExitCode);
        Assert.Contains("fldurable: federation long is terminated: enough seen", over.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_server_refuses_is_told_in_its_words()
    {
        await using var host = await ApiHost.StartAsync();

        AssertRefused(await AtFolderAsync(host, ["run", "--clients", "0", "--rounds", "0"]), "--clients: expected 1 to 1000000, got 0", "--rounds: expected 1 to 1000000, got 0");
        AssertRefused(await AtFolderAsync(host, ["run", "--data", "none.zip"]), "--data: expected cifar10, synthetic");
        AssertRefused(await AtFolderAsync(host, ["terminate", "none"]), "there is no federation 'none'");
        AssertRefused(await AtFolderAsync(host, ["retry", "none"]), "there is no federation 'none'");
        AssertRefused(await AtFolderAsync(host, ["branch", "none", "--round", "1"]), "there is no federation 'none'");
        AssertRefused(await AtFolderAsync(host, ["run", "--parallel", "2"]), "--parallel, --timings, --tensorboard, --mlflow: a server runs the federation");
        AssertRefused(await AtFolderAsync(host, ["run", "--mlflow", "http://127.0.0.1:9"]), "--parallel, --timings, --tensorboard, --mlflow: a server runs the federation");
        AssertRefused(await AtFolderAsync(host, ["purge", "../x"]), "id: expected 1 to 40 of a-z, 0-9 and -");
    }

    [Fact]
    public async Task Who_can_t_be_asked_is_told_with_what_was_expected()
    {
        await using var host = await ApiHost.StartAsync();
        var (url, key) = (host.Address.ToString(), KeyFile(host));
        await File.WriteAllTextAsync(folder["wrong"], new string('k', 64), Cancel);
        await File.WriteAllTextAsync(folder["open"], new string('k', 64), Cancel);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder["wrong"], UnixFileMode.UserRead);
            File.SetUnixFileMode(folder["open"], UnixFileMode.UserRead | UnixFileMode.OtherRead);
            AssertRefused(await AtAsync(["list", "--server", url, "--key-file", folder["open"]]), "can be read by others: chmod 600 it");
        }

        AssertRefused(await AtAsync(["list", "--server", url]), "does not take the key: expected --key-file FILE");
        AssertRefused(await AtAsync(["list", "--server", url, "--key-file", folder["wrong"]]), "does not take the key");
        AssertRefused(await AtAsync(["list", "--server", url, "--key-file", folder["none"]]), "--key-file: ");
        AssertRefused(await AtAsync(["list", "--key-file", key]), "--key-file: is for a server; expected --server URL as well");
        AssertRefused(await AtAsync(["list", "--server", "http://fl.example.org", "--key-file", key]), "--server: expected https where a key is sent");
        AssertRefused(await AtAsync(["list", "--server", "fl.example.org"]), "--server: expected a URL such as https://fl.example.org");
        AssertRefused(await AtAsync(["list", "--server", url, "--hub", "h1"]), "--hub: the server has its own");
        AssertRefused(await AtAsync(["list", "--server", url, "--key-file", key, "--status", "interrupted"]), "--status: interrupted is what nobody runs");
        AssertRefused(await AtAsync(["list", "--server", "http://127.0.0.1:1"]), "the server at http://127.0.0.1:1/ can't be asked: ");
    }

    [Fact]
    public async Task What_a_killed_server_has_left_leads_nobody_astray()
    {
        string state;
        await using (var host = await ApiHost.StartAsync(folder: folder.Path))
        {
            state = host.StateFolder;
            await host.FinishAsync(ApiHost.Spec("one"));
            File.Copy(Path.Combine(state, "serve.json"), folder["serve.json"]);
        }

        Assert.False(File.Exists(Path.Combine(state, "serve.json")));
        File.Move(folder["serve.json"], Path.Combine(state, "serve.json"));

        AssertRefused(await CommandLine.RunAsync(Cancel, "suspend", "one", "--state", state), "federation 'one' is completed");
        Assert.Equal(ExitCode.Done, (await CommandLine.RunAsync(Cancel, "purge", "one", "--state", state)).ExitCode);
    }

    [Fact]
    public async Task A_server_without_a_key_is_asked_without_one()
    {
        await using var host = await ApiHost.StartAsync(needsKey: false);

        AssertDone(await AtFolderAsync(host, ["run", "--id", "one", .. Small]));
        AssertDone(await AtAsync(["status", "one", "--server", host.Address.ToString()]));
    }

    private static Task<CommandRun> AtFolderAsync(ApiHost host, string[] arguments) => CommandLine.RunAsync(Cancel, [.. arguments, "--state", host.StateFolder]);

    private Task<CommandRun> AtAsync(string[] arguments) => CommandLine.RunAsync(Cancel, [.. arguments, "--state", folder["elsewhere"]]);

    private static string KeyFile(ApiHost host) => Path.Combine(host.StateFolder, "api.key");

    private static void AssertDone(CommandRun run) => Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));

    private static void AssertRefused(CommandRun run, params string[] messages)
    {
        Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
        var lines = run.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(messages.Length, lines.Length);
        Assert.All(messages, (message, at) => Assert.Contains(message, lines[at], StringComparison.Ordinal));
    }

    /// <summary>What is before a server, and can't reach it at first.</summary>
    private sealed class BrokenProxy : IDisposable
    {
        private readonly TcpListener listener = new(IPAddress.Loopback, 0);

        public BrokenProxy(Uri server, string answer, int refusals)
        {
            listener.Start();
            _ = RelayAsync(server, answer, refusals);
        }

        public string Address => $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/";

        public void Dispose() => listener.Dispose();

        private async Task RelayAsync(Uri server, string answer, int refusals)
        {
            for (var number = 0; ; number++)
            {
                TcpClient client;
                try
                {
                    client = await listener.AcceptTcpClientAsync(Cancel);
                }
                catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
                {
                    return; // the test is over
                }

                _ = number < refusals ? RefuseAsync(client, answer) : PassAsync(client, server);
            }
        }

        private static async Task RefuseAsync(TcpClient client, string answer)
        {
            using (client)
            {
                using var request = new StreamReader(client.GetStream(), Encoding.ASCII, leaveOpen: true);
                while (await request.ReadLineAsync(Cancel) is { Length: > 0 })
                {
                }

                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes($"HTTP/1.1 {answer}\r\nContent-Type: text/html\r\nContent-Length: 4\r\nConnection: close\r\n\r\n<p/>"), Cancel);
            }
        }

        private static async Task PassAsync(TcpClient client, Uri server)
        {
            using (client)
            {
                using var onward = new TcpClient();
                await onward.ConnectAsync(server.Host, server.Port, Cancel);
                await Task.WhenAny(client.GetStream().CopyToAsync(onward.GetStream(), Cancel), onward.GetStream().CopyToAsync(client.GetStream(), Cancel));
            }
        }
    }
}
