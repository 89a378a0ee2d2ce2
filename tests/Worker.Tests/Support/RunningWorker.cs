using FlDurable.LocalHost.Display;
using FlDurable.LocalHost.Hosting;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FlDurable.Worker.Tests.Support;

/// <summary>A site's worker that runs in this process, as <c>fldurable work</c> would have it.</summary>
internal sealed class RunningWorker : IAsyncDisposable
{
    private readonly CancellationTokenSource stop = new();
    private readonly ServiceProvider services;
    private readonly Lines log = new();

    private RunningWorker(SiteHost host, string site, string data, Func<SiteWorkerRequest, SiteWorkerRequest> change, Action<IServiceCollection>? configure)
    {
        Folder = host.InFolder($"work-{site}");
        var request = change(new SiteWorkerRequest(host.Address, host.KeyFile(site), Folder, new DatasetRequest(data)));
        services = Services(log, configure).BuildServiceProvider();
        var worker = new SiteWorker(
            request, services.GetRequiredService<IDatasetLibrary>(), store => Services(log, configure).AddSingleton(store).BuildServiceProvider(), TimeProvider.System,
            services.GetRequiredService<ILoggerFactory>());
        Ended = Task.Run(() => worker.RunAsync(stop.Token));
    }

    /// <summary>Where it keeps what outlives it.</summary>
    public string Folder { get; }

    /// <summary>How it ends.</summary>
    public Task Ended { get; }

    /// <summary>What it has logged.</summary>
    public string Log => log.ToString();

    public static RunningWorker Start(
        SiteHost host, string site, string data, Func<SiteWorkerRequest, SiteWorkerRequest>? change = null, Action<IServiceCollection>? configure = null) =>
        new(host, site, data, change ?? (request => request), configure);

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
