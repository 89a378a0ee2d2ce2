using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.Extensions.Logging;

namespace FlDurable.Worker;

/// <summary>What a worker of the pool is started with.</summary>
/// <param name="Server">The host's address.</param>
/// <param name="KeyFile">The file with a key of the pool.</param>
public sealed record PoolWorkerRequest(Uri Server, string KeyFile)
{
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

    /// <summary>What stands between the worker and the network; null for nothing.</summary>
    internal Func<HttpMessageHandler, HttpMessageHandler>? Between { get; init; }
}

/// <summary>
/// A worker of a host's pool: it has no data, and keeps nothing on its disk. It asks for cohorts, reads their parameters and images from the host, and writes their updates there.
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
        WorkerConnection.RequireSafe(request.Server);
        var key = new WorkerKey(request.KeyFile, PoolProtocol.KeyPrefix);
        key.Read();
        using var http = WorkerConnection.Open(request.CertificateFile, request.Between);
        var host = new PoolHost(new HostCalls(http, request.Server, PoolProtocol.Root, key));
        var process = PoolSlot.NewId();
        await WorkerSlots.RunAsync(request.Slots, request.Once, (_, stop) => RunSlotAsync(host, process, stop), cancellationToken);
    }

    private async Task RunSlotAsync(PoolHost host, string process, CancellationToken stop)
    {
        var log = logs.CreateLogger<PoolWorker>();
        var artifacts = new LeasedArtifacts(host, time, log);
        var services = compose(artifacts);
        try
        {
            await new PoolSlot(host, process, artifacts, new PoolWork(services, artifacts, request.Engine), request.Stall, time, log).RunAsync(request.Once, stop);
        }
        finally
        {
            if (services is IAsyncDisposable disposable)
                await disposable.DisposeAsync();
        }
    }
}
