using FlDurable.EmbeddedEngine.Isolation;
using FlDurable.Orchestrator.Durable;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace FlDurable.EmbeddedEngine;

/// <summary>Adds the embedded engine to a host's services.</summary>
public static class EmbeddedEngineServices
{
    /// <summary>
    /// Adds an <see cref="EmbeddedEngineHost"/>, to be started by the host and stopped before its services are disposed (or what runs
    /// meanwhile would fail for want of them), and its <see cref="IOrchestrationClient"/>. The engine runs the orchestrators and activities
    /// among the services, under the <see cref="OrchestrationVersion"/> there; it takes the time from a <see cref="TimeProvider"/> and logs
    /// to an <see cref="ILoggerFactory"/> if there are such, and has an <see cref="IActivityIsolation"/> run what may have killed the process.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of range.</exception>
    public static IServiceCollection AddEmbeddedEngine(this IServiceCollection services, EmbeddedEngineOptions options)
    {
        ArgumentException.ThrowIfNullOrEmpty(options.StateFolder);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Parallelism, 1);
        services.TryAddSingleton(new OrchestrationVersion("1"));
        services.AddSingleton(provider => new EmbeddedEngineHost(options, provider));
        services.AddSingleton<IOrchestrationClient, EmbeddedEngineClient>();
        return services;
    }
}
