using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.Extensions.Logging;

namespace FlDurable.Worker;

/// <summary>What a site's worker is started with.</summary>
/// <param name="Server">The host's address.</param>
/// <param name="KeyFile">The file with the site's key.</param>
/// <param name="Folder">Where it keeps what outlives it.</param>
/// <param name="Data">Where the site's data is.</param>
public sealed record SiteWorkerRequest(Uri Server, string KeyFile, string Folder, DatasetRequest Data)
{
    /// <summary>A file of certificates (PEM) that may sign the host's; null for those that the machine trusts.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>The site's policy; null for none.</summary>
    public string? PolicyFile { get; init; }

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

    /// <summary>Tells how many bytes are free where it keeps what outlives it; null for what the disk says.</summary>
    internal Func<long>? FreeBytes { get; init; }
}

/// <summary>A site's worker: it asks a host for work of its site, does it on the site's data, and sends what came of it.</summary>
/// <param name="request">What it is started with.</param>
/// <param name="library">Reads the site's data.</param>
/// <param name="compose">
/// Makes the services of a slot over artifacts: the activities of clients and the engines. They are disposed of by the worker if they can be.
/// </param>
/// <param name="time">The clocks.</param>
/// <param name="logs">The site's own log.</param>
public sealed class SiteWorker(
    SiteWorkerRequest request, IDatasetLibrary library, Func<IArtifactStore, IServiceProvider> compose, TimeProvider time, ILoggerFactory logs)
{
    /// <summary>Where a worker that keeps its things in a folder has its audit file.</summary>
    public static AuditFile AuditOf(string folder) => new(Spool.AuditPathIn(folder));

    /// <summary>Works until it is stopped.</summary>
    /// <exception cref="KeyRefusedException">The host knows no such key.</exception>
    /// <exception cref="WorkerException">It can't begin, or go on.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        WorkerConnection.RequireSafe(request.Server);
        var key = new WorkerKey(request.KeyFile, WorkProtocol.KeyPrefix);
        key.Read();
        using var spool = Spool.Open(request.Folder, request.FreeBytes);
        spool.ForgetSharedArtifacts();
        var log = logs.CreateLogger<SiteWorker>();
        using var data = new SiteData(library, request.Data, spool.Secret, log);
        using var http = WorkerConnection.Open(request.CertificateFile, request.Between);
        var policy = new PolicyFile(request.PolicyFile);
        policy.Read();
        using var own = new WorkerSigns(time);
        var signs = request.Signs ?? own;
        var host = new WorkHost(new HostCalls(http, request.Server, WorkProtocol.Root, key, signs, time), signs);
        var site = new Site(host, request.Server.Authority, spool, data, policy, request.Stall, time, log, signs);
        await WorkerSlots.RunAsync(request.Slots, request.Once, (number, stop) => RunSlotAsync(number, site, stop), cancellationToken);
    }

    private async Task RunSlotAsync(int number, Site site, CancellationToken stop)
    {
        var store = new SiteStore(site.Spool.ArtifactsOf(number), site.Spool.NoiseKeys(), site.Data, outlivesPower: !site.Spool.KnowsStart);
        var services = compose(store);
        try
        {
            await new WorkSlot(number, site, new SiteWork(services, store, request.Engine)).RunAsync(request.Once, stop);
        }
        finally
        {
            if (services is IAsyncDisposable disposable)
                await disposable.DisposeAsync();
        }
    }
}
