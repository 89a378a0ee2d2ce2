using System.Diagnostics;
using System.Text.Json.Nodes;
using FlDurable.Bench.Federations;
using FlDurable.Bench.Goals;
using FlDurable.ClientActivities;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.Bench.Workers;

/// <summary>What a server spends on workers that wait for work: of a core, while several hundred wait. They are in this process, the server is not.</summary>
internal sealed class IdleWorkers(int count) : IDisposable
{
    // More than two of the waits of 25 seconds after which a worker asks anew.
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(60);

    private readonly CancellationTokenSource stop = new();

    public void Dispose() => stop.Dispose();

    /// <summary>Measures workers of the pool, which have one key.</summary>
    public async Task<Goal> MeasurePoolAsync(CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(cancellationToken);
        var key = await server.AddToPoolAsync("idle", cancellationToken);
        var share = await MeasureAsync(
            server,
            _ => new PoolWorker(new PoolWorkerRequest(server.Address, key), Compose, TimeProvider.System, NullLoggerFactory.Instance).RunAsync(stop.Token),
            "api/pool/keys", keys => (int)keys["pool"]![0]!["asking"]! == count, cancellationToken);
        return new($"{count} workers of the pool that wait for work: the server's processor time", "% a core", share, 10);
    }

    /// <summary>Measures sites, each with a key of its own.</summary>
    public async Task<Goal> MeasureSitesAsync(CancellationToken cancellationToken)
    {
        await using var server = await BenchServer.StartAsync(cancellationToken);
        var keys = new List<string>();
        for (var site = 0; site < count; site++)
            keys.Add(await server.AddSiteAsync(FormattableString.Invariant($"site-{site}"), cancellationToken));
        var data = new TinyImages(clients: 1);
        var share = await MeasureAsync(
            server,
            site => new SiteWorker(
                new SiteWorkerRequest(server.Address, keys[site], server.InFolder(FormattableString.Invariant($"work-{site}")), new DatasetRequest("synthetic")), data, Compose, TimeProvider.System,
                NullLoggerFactory.Instance).RunAsync(stop.Token),
            "api/sites", sites => sites["sites"]!.AsArray().All(site => (string?)site!["status"] == "asking"), cancellationToken);
        return new($"{count} sites that wait for work: the server's processor time", "% a core", share, 10);
    }

    private async Task<double> MeasureAsync(
        BenchServer server, Func<int, Task> work, string path, Func<JsonObject, bool> allAsk, CancellationToken cancellationToken)
    {
        var workers = Enumerable.Range(0, count).Select(worker => Task.Run(() => work(worker), cancellationToken)).ToList();
        await server.UntilAsync(path, allAsk, cancellationToken);
        var (before, started) = (server.Process.ProcessorTime, Stopwatch.GetTimestamp());
        await Task.Delay(Measured, cancellationToken);
        var share = (server.Process.ProcessorTime - before) / Stopwatch.GetElapsedTime(started);
        if (workers.Find(worker => worker.IsCompleted) is { } ended)
            throw new InvalidOperationException("a worker has ended", ended.Exception);
        await stop.CancelAsync();
        await Task.WhenAll(workers).ContinueWith(_ => { }, TaskScheduler.Default); // each ends as what was cancelled
        return 100 * share;
    }

    private static ServiceProvider Compose(IArtifactStore store) => new ServiceCollection()
        .AddSingleton(store)
        .AddNetworks()
        .AddTrainingEngine<NoOpEngine>()
        .AddClientActivities()
        .BuildServiceProvider();
}
