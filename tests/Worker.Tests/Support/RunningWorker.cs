using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.Worker.Tests.Support;

/// <summary>A worker of a site, or of the pool, that runs in this process, as <c>fldurable work</c> would have it.</summary>
internal sealed class RunningWorker : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly ServiceProvider services;
    private readonly Lines log = new();

    private RunningWorker(
        string folder, Action<IServiceCollection>? configure, Func<IServiceProvider, Func<IArtifactStore, IServiceProvider>, CancellationToken, Task> run)
    {
        Folder = folder;
        services = Services(log, configure).BuildServiceProvider();
        Ended = Task.Run(() => run(services, store => Services(log, configure).AddSingleton(store).BuildServiceProvider(), stop.Token));
    }

    /// <summary>Where it keeps what outlives it.</summary>
    public string Folder { get; }

    /// <summary>How it ends.</summary>
    public Task Ended { get; }

    /// <summary>What it has logged.</summary>
    public string Log => log.ToString();

    public static RunningWorker Start(
        SiteHost host, string site, string data, Func<SiteWorkerRequest, SiteWorkerRequest>? change = null, Action<IServiceCollection>? configure = null, TimeProvider? time = null)
    {
        var folder = host.InFolder($"work-{site}");
        var request = new SiteWorkerRequest(host.Address, host.KeyFile(site), folder, new DatasetRequest(data));
        return new RunningWorker(folder, configure, (services, compose, stop) => new SiteWorker(
            change?.Invoke(request) ?? request, services.GetRequiredService<IDatasetLibrary>(), compose, time ?? TimeProvider.System, services.GetRequiredService<ILoggerFactory>()).RunAsync(stop));
    }

    /// <summary>Starts one of the pool.</summary>
    public static RunningWorker StartInPool(
        SiteHost host, string name, Func<PoolWorkerRequest, PoolWorkerRequest>? change = null, Action<IServiceCollection>? configure = null)
    {
        var request = new PoolWorkerRequest(host.Address, host.KeyFile(name));
        return new RunningWorker(host.InFolder($"work-{name}"), configure, (services, compose, stop) => new PoolWorker(
            change?.Invoke(request) ?? request, compose, TimeProvider.System, services.GetRequiredService<ILoggerFactory>()).RunAsync(stop));
    }

    /// <summary>Stops it as SIGTERM does, and waits for its end.</summary>
    public async Task StopAsync()
    {
        await stop.CancelAsync();
        await Ended.ContinueWith(_ => { }, TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        stop.Dispose();
        await services.DisposeAsync();
        await log.DisposeAsync();
    }

    private static IServiceCollection Services(Lines log, Action<IServiceCollection>? configure)
    {
        var services = new HostParts().AddTo(new ServiceCollection().AddTerminalLogs(new Terminal(log, log, outputIsTerminal: false, errorIsTerminal: false), new LogSettings(LogLevel.Trace)));
        configure?.Invoke(services);
        return services;
    }
}
