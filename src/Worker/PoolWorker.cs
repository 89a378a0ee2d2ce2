using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.Extensions.Logging;

namespace FlDurable.Worker;

/// <summary>What a worker of the pool is started with.</summary>
/// <param name="Server">The host's address.</param>
/// <param name="KeyFile">The file with a key of the pool.</param>
public sealed record PoolWorkerRequest(Uri? Server, string? KeyFile)
{
    /// <summary>The host's storage, for a worker that has access to it and needs no server.</summary>
    public PoolStorage? Storage { get; init; }

    /// <summary>A file of certificates (PEM) that may sign the host's; null for those that the machine trusts.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The only engine that it trains with; null for any.</summary>
    public string? Engine { get; init; }

    /// <summary>How many pieces of work it does at a time.</summary>
    public int Slots { get; init; } = 1;

    /// <summary>Whether it ends after one piece of work.</summary>
    public bool Once { get; init; }

    /// <summary>After how long without a batch a training hangs.</summary>
    public TimeSpan Stall { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Told how it goes; null for nobody.</summary>
    public WorkerSigns? Signs { get; init; }

    /// <summary>What stands between the worker and the network; null for nothing.</summary>
    internal Func<HttpMessageHandler, HttpMessageHandler>? Between { get; init; }
}

/// <summary>What a worker works with that has access to its host's storage.</summary>
/// <param name="Host">Where it takes work, and tells what came of it.</param>
/// <param name="Artifacts">What it reads and writes.</param>
public sealed record PoolStorage(IPoolHost Host, IArtifactStore Artifacts);

/// <summary>
/// A worker of a host's pool: it has no data, and keeps nothing on its disk. It asks for cohorts, reads their parameters and images from the host, or from its storage, and writes their
/// updates there.
/// </summary>
/// <param name="request">What it is started with.</param>
/// <param name="compose">
/// Makes the services of a slot over artifacts: the activities of clients and the engines. They are disposed of by the worker if they can be.
/// </param>
/// <param name="time">The clocks.</param>
/// <param name="logs">The worker's log.</param>
public sealed class PoolWorker(PoolWorkerRequest request, Func<IArtifactStore, IServiceProvider> compose, TimeProvider time, ILoggerFactory logs)
{
    /// <summary>Works until it is stopped.</summary>
    /// <exception cref="KeyRefusedException">The host knows no such key.</exception>
    /// <exception cref="WorkerException">It can't begin, or go on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var own = new WorkerSigns(time);
        var signs = request.Signs ?? own;
        if (request.Storage is { } storage)
            await RunSlotsAsync((process, stop) => RunSlotAsync(storage.Host, process, storage.Artifacts, leased: null, signs, stop), cancellationToken);
        else
            await RunOverHttpAsync(signs, cancellationToken);
    }

    private Task RunSlotsAsync(Func<string, CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        var process = PoolSlot.NewId();
        return WorkerSlots.RunAsync(request.Slots, request.Once, (_, stop) => run(process, stop), cancellationToken);
    }

    private async Task RunOverHttpAsync(WorkerSigns signs, CancellationToken cancellationToken)
    {
        var (server, keyFile) = (request.Server ?? throw new WorkerException("no server is named"), request.KeyFile ?? throw new WorkerException("no key file is named"));
        WorkerConnection.RequireSafe(server);
        var key = new WorkerKey(keyFile, PoolProtocol.KeyPrefix);
        key.Read();
        using var http = WorkerConnection.Open(request.CertificateFile, request.Between);
        var host = new PoolHost(new HostCalls(http, server, PoolProtocol.Root, key, signs, time));
        await RunSlotsAsync((process, stop) => RunSlotAsync(host, process, signs, stop), cancellationToken);
    }

    private async Task RunSlotAsync(PoolHost host, string process, WorkerSigns signs, CancellationToken stop)
    {
        using var artifacts = new LeasedArtifacts(host, time, logs.CreateLogger<PoolWorker>());
        await RunSlotAsync(host, process, artifacts, artifacts, signs, stop);
    }

    private async Task RunSlotAsync(IPoolHost host, string process, IArtifactStore store, LeasedArtifacts? leased, WorkerSigns signs, CancellationToken stop)
    {
        var services = compose(store);
        try
        {
            var work = new PoolWork(services, store, request.Engine);
            await new PoolSlot(host, process, leased, work, signs, request.Stall, time, logs.CreateLogger<PoolWorker>()).RunAsync(request.Once, stop);
        }
        finally
        {
            if (services is IAsyncDisposable disposable)
                await disposable.DisposeAsync();
        }
    }
}
