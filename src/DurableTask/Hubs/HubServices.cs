using FlDurable.DurableTask.Adapters;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.DurableTask.Hubs;

/// <summary>Adds a task hub to a host as its durable engine.</summary>
public static class HubServices
{
    /// <summary>
    /// Adds a task hub with the port's client on it, and a <see cref="HubWorker"/> that runs the orchestrators and activities among the
    /// services. Who only asks needs no more; who works too starts the worker and stops it before the services are disposed of.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="open">Opens the hub; it is told where to log to.</param>
    /// <param name="vocabulary">What else the work can name and every node of the hub must have (<see cref="HubWork.Vocabulary"/>); null for nothing.</param>
    public static IServiceCollection AddTaskHub(
        this IServiceCollection services, Func<ILoggerFactory, TaskHub> open, Func<IServiceProvider, IEnumerable<string>>? vocabulary = null) => services
        .AddSingleton(provider => open(Logs(provider)))
        .AddSingleton<HubClient>()
        .AddDurableTaskAdapters(
            provider => provider.GetRequiredService<HubClient>(), HubClient.IsUnavailable,
            (provider, cancellationToken) => provider.GetRequiredService<TaskHub>().WhyIdleAsync(cancellationToken))
        .AddSingleton(provider => new HubWorker(
            provider.GetRequiredService<TaskHub>(),
            provider.GetRequiredService<OrchestrationVersion>(),
            HubWork.Of(
                provider.GetServices<OrchestratorRegistration>(), provider.GetRequiredService<OrchestratorRunner>(),
                provider.GetServices<ActivityRegistration>(), provider.GetRequiredService<ActivityRunner>()) with
            {
                Vocabulary = [.. vocabulary?.Invoke(provider) ?? []],
            },
            Logs(provider)));

    private static ILoggerFactory Logs(IServiceProvider services) => services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;
}
