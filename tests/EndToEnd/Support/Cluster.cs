using System.Text.Json.Nodes;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using FlDurable.Azurite;

[assembly: AssemblyFixture(typeof(FlDurable.EndToEnd.Support.StorageFixture))]

namespace FlDurable.EndToEnd.Support;

/// <summary>One storage account for all tests.</summary>
public sealed class StorageFixture : IAsyncLifetime
{
    private readonly Lazy<Task<TestStorage>> storage = new(() => TestStorage.OpenAsync(TestContext.Current.CancellationToken));

    /// <summary>How to connect. Most tests need none: it is started for the first that asks.</summary>
    public async Task<string> ConnectionAsync() => (await storage.Value).ConnectionString;

    /// <inheritdoc/>
    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (storage.IsValueCreated)
            await (await storage.Value).DisposeAsync();
    }
}

/// <summary>Processes on a task hub and a container of artifacts of their own, each with its own folders, as if on machines of their own.</summary>
internal sealed class Cluster : IAsyncDisposable
{
    private readonly List<TestFolders> machines = [];
    private readonly List<FlDurableProcess> processes = [];
    private readonly string account;

    private Cluster(string account, string hub)
    {
        this.account = account;
        Hub = hub;
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>The hub's name.</summary>
    public string Hub { get; }

    public static async Task<Cluster> CreateAsync(StorageFixture storage) => new(await storage.ConnectionAsync(), $"t{Guid.NewGuid():N}");

    /// <summary>Starts a process on the hub.</summary>
    public FlDurableProcess Start(params string[] arguments)
    {
        var folders = new TestFolders();
        machines.Add(folders);
        var process = FlDurableProcess.Start(
            folders, new Dictionary<string, string> { ["FLDURABLE_HUB"] = Hub, ["FLDURABLE_STORAGE"] = $"{account};Container={Hub}" }, arguments);
        processes.Add(process);
        return process;
    }

    /// <summary>Starts a node, and waits until it is at work.</summary>
    public async Task<FlDurableProcess> StartNodeAsync(params string[] arguments)
    {
        var node = Start(["node", .. arguments]);
        await node.WaitForOutputLineAsync("at work on task hub");
        return node;
    }

    /// <summary>Waits until a client of a round has trained; others are to come.</summary>
    public async Task TrainingAsync(string id, int round)
    {
        var container = new BlobContainerClient(account, Hub);
        while (!await container.GetBlobsAsync(BlobTraits.None, BlobStates.None, $"updates/{id}/{round:D6}/fit_", Cancel).AnyAsync(Cancel))
            await Task.Delay(TimeSpan.FromMilliseconds(20), Cancel);
    }

    /// <summary>Runs a process to its end.</summary>
    public Task<ProcessEnd> RunAsync(params string[] arguments) => Start(arguments).EndAsync();

    /// <summary>The SHA-256 of the global parameters after each round of a result.</summary>
    public static string[] Parameters(ProcessEnd end)
    {
        Assert.True(end.ExitCode == 0, end.Error);
        return [.. JsonNode.Parse(end.Output)!["rounds"]!.AsArray().Select(round => (string)round!["parametersSha256"]!)];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in processes)
            await process.DisposeAsync();
        machines.ForEach(machine => machine.Dispose());
    }
}
