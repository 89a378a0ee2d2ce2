using System.Net.Http.Json;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>Federations on a task hub in Azurite, run by nodes: processes that share nothing but the storage account.</summary>
public sealed class ClusterTests(StorageFixture storage) : IAsyncLifetime
{
    private static readonly string[] Federation =
        ["run", "--data", "synthetic:train=240,test=40", "--clients", "6", "--rounds", "2", "--json", "--id"];

    /// <summary>12 clients, 6 rounds, and a network that costs next to nothing.</summary>
    private static readonly string[] Long =
        ["run", "--network", "mlp", "--data", "synthetic:train=120,test=10", "--clients", "12", "--rounds", "6", "--json", "--id"];

    private Cluster cluster = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => cluster = await Cluster.CreateAsync(storage);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => cluster.DisposeAsync();

    [Fact]
    public async Task One_node_and_three_run_a_federation_to_the_same_parameters_as_one_machine_does_and_every_command_finds_it()
    {
        using var folders = new TestFolders();
        var alone = folders.RunAsync([.. Long, "alone"]);
        await cluster.StartNodeAsync("--partitions", "3");
        var onOneNode = await cluster.RunAsync([.. Long, "one"]);
        await Task.WhenAll(cluster.StartNodeAsync(), cluster.StartNodeAsync());
        var onThree = await cluster.RunAsync([.. Long, "shared"]);
        var onOneMachine = Cluster.Parameters(await alone);
        Assert.Equal(7, onOneMachine.Length);
        Assert.Equal(onOneMachine, Cluster.Parameters(onOneNode));
        Assert.Equal(onOneMachine, Cluster.Parameters(onThree));
        Assert.Contains("round 6/6", onThree.Error, StringComparison.Ordinal);

        var file = folders["model.safetensors"];
        var (listed, status, exported) = (await cluster.RunAsync("list"), await cluster.RunAsync("status", "shared", "--json"), await cluster.RunAsync("export", "--id", "shared", "--out", file));
        Assert.Contains("completed", listed.Output, StringComparison.Ordinal);
        Assert.Equal("completed", (string?)JsonNode.Parse(status.Output)!["status"]);
        Assert.True(exported.ExitCode == 0 && File.Exists(file), exported.Error);

        var hub = JsonNode.Parse((await cluster.RunAsync("status", "--json")).Output)!;
        Assert.Equal((3, 4), (hub["nodes"]!.AsArray().Count, hub["queues"]!.AsArray().Count));
        Assert.Single(hub["nodes"]!.AsArray().Select(node => (string?)node!["registered"]).Distinct(StringComparer.Ordinal));

        var purged = await cluster.RunAsync("purge", "shared");
        Assert.Equal((0, "federation shared is purged; its id stays taken"), (purged.ExitCode, purged.Output));
        Assert.DoesNotContain("shared", (await cluster.RunAsync("list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_stopped_only_no_longer_watches_and_can_watch_again()
    {
        await cluster.StartNodeAsync("--partitions", "1");
        var watching = cluster.Start([.. Federation, "watched"]);
        await watching.WaitForErrorLineAsync("round 0/2");
        watching.Signal(PosixSignal.SIGTERM);
        var stopped = await watching.EndAsync();
        Assert.Equal((143, ""), (stopped.ExitCode, stopped.Output));
        Assert.Contains("no longer watched; the nodes go on with it. To watch it: fldurable run --id watched", stopped.Error, StringComparison.Ordinal);
        Assert.Equal(3, Cluster.Parameters(await cluster.RunAsync("run", "--id", "watched", "--json")).Length);
    }

    [Fact]
    public async Task A_node_that_is_told_to_stop_hands_back_what_it_does_and_another_ends_it_with_the_same_parameters()
    {
        string[] federation = ["run", "--data", "synthetic:train=2400,test=40", "--clients", "4", "--rounds", "1", "--epochs", "3", "--json", "--id"];
        var first = await cluster.StartNodeAsync("--partitions", "1", "--parallel", "1");
        var watching = cluster.Start([.. federation, "disturbed"]);
        await watching.WaitForErrorLineAsync("round 0/1");
        await cluster.TrainingAsync("disturbed", round: 1);
        first.Signal(PosixSignal.SIGTERM);
        var stopped = await first.EndAsync();
        Assert.True(stopped.ExitCode == 0, stopped.Error);
        await cluster.StartNodeAsync("--parallel", "1", "--lock", "60");
        var disturbed = Cluster.Parameters(await watching.EndAsync());
        using var folders = new TestFolders();
        Assert.Equal(Cluster.Parameters(await folders.RunAsync([.. federation, "alone"])), disturbed);
    }

    [Fact]
    public async Task A_server_has_the_nodes_run_what_it_is_asked_for()
    {
        await cluster.StartNodeAsync("--partitions", "1");
        var server = cluster.Start("serve", "--urls", "http://127.0.0.1:0");
        var key = (await server.WaitForOutputLineAsync("key (shown this once): ")).Split(' ')[^1];
        var address = (await server.WaitForOutputLineAsync("listening on ")).Split(' ', ',')[2];
        using var http = new HttpClient { BaseAddress = new Uri(address), DefaultRequestHeaders = { { "x-functions-key", key } } };
        var posted = await http.PostAsJsonAsync("/api/federations", new { id = "asked", data = "synthetic:train=240,test=40", clients = 3, rounds = 1 }, Cancel);
        Assert.True(posted.IsSuccessStatusCode, await posted.Content.ReadAsStringAsync(Cancel));
        JsonNode federation;
        do
            federation = (await http.GetFromJsonAsync<JsonNode>("/api/federations/asked", Cancel))!;
        while ((string?)federation["status"] is "pending" or "running");
        Assert.Equal("completed", (string?)federation["status"]);
    }

    [Fact]
    public async Task A_hub_that_is_not_there_is_named_and_made_by_nodes_alone()
    {
        foreach (var arguments in (string[][])[["list"], ["run"], ["serve"]])
        {
            var end = await cluster.RunAsync(arguments);
            Assert.Equal(
                (2, $"fldurable: --hub: there is no task hub '{cluster.Hub}' in the storage account; fldurable node makes it"), (end.ExitCode, end.Error));
        }
    }
}
