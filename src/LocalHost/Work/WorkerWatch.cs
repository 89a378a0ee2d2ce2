using System.Net.Sockets;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Serve;
using FlDurable.LocalHost.Telemetry;
using FlDurable.Worker;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace FlDurable.LocalHost.Work;

/// <summary>Answers whoever watches over a worker: whether it lives, whether its host answers it, and its figures. It needs no key, and says nothing of data or federations.</summary>
internal sealed class WorkerWatch(WebApplication app) : IAsyncDisposable
{
    /// <summary>Where it listens.</summary>
    public IReadOnlyCollection<string> Urls => [.. app.Urls];

    /// <summary>Listens.</summary>
    /// <param name="addresses">Where.</param>
    /// <param name="signs">What it tells.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="UsageException">It can't listen there.</exception>
    public static async Task<WorkerWatch> StartAsync(IReadOnlyList<ListenAddress> addresses, WorkerSigns signs, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            CallerLimits.Apply(kestrel.Limits);
            foreach (var address in addresses)
                address.ListenWith(kestrel);
        });
        builder.Services.AddRouting();
        builder.Services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(WorkerSigns.MeterName, "System.Runtime").AddPrometheusExporter());
        var app = builder.Build();
        app.UseRouting();
        app.MapGet(Health.Live, context => SayAsync(context, isWell: true));
        app.MapGet(Health.Ready, context => SayAsync(context, signs.IsWell));
        app.MapPrometheusScrapingEndpoint(TelemetryExport.Metrics);
        try
        {
            await app.StartAsync(cancellationToken);
            return new WorkerWatch(app);
        }
        catch (Exception exception)
        {
            await app.DisposeAsync();
            if (exception is IOException or SocketException)
                throw new UsageException($"--listen: can't listen at {string.Join(" and ", addresses)}: {exception.Message}", exception);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(CancellationToken.None);
        await app.DisposeAsync();
    }

    private static Task SayAsync(HttpContext context, bool isWell)
    {
        context.Response.StatusCode = isWell ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsync(isWell ? "Healthy" : "Unhealthy", context.RequestAborted);
    }
}
