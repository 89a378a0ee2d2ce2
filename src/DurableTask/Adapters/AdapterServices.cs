using FlDurable.Orchestrator.Durable;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.DurableTask.Adapters;

/// <summary>Adds the port on Durable Task to a host that brings Durable Task itself.</summary>
public static class AdapterServices
{
    /// <summary>
    /// Adds the port's client, and what runs the orchestrators and activities among the services, under the
    /// <see cref="OrchestrationVersion"/> there.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="client">Durable Task's client for the call at hand, from the services.</param>
    /// <param name="isUnavailable">Whether an exception of its says that its back end can't be reached now.</param>
    public static IServiceCollection AddDurableTaskAdapters(
        this IServiceCollection services, Func<IServiceProvider, DurableTaskClient> client, Func<Exception, bool> isUnavailable) =>
        services.AddDurableTaskAdapters(client, isUnavailable, whyIdle: null);

    /// <inheritdoc cref="AddDurableTaskAdapters(IServiceCollection, Func{IServiceProvider, DurableTaskClient}, Func{Exception, bool})"/>
    /// <param name="services">The host's services.</param>
    /// <param name="client">Durable Task's client for the call at hand, from the services.</param>
    /// <param name="isUnavailable">Whether an exception of its says that its back end can't be reached now.</param>
    /// <param name="whyIdle">Why nobody works on any instance now, from the services; null where that can't be.</param>
    internal static IServiceCollection AddDurableTaskAdapters(
        this IServiceCollection services, Func<IServiceProvider, DurableTaskClient> client, Func<Exception, bool> isUnavailable,
        Func<IServiceProvider, CancellationToken, Task<string?>>? whyIdle)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton<IOrchestrationClient>(provider => new DurableOrchestrationClient(
                () => client(provider), isUnavailable, provider.GetRequiredService<OrchestrationVersion>(), provider.GetRequiredService<TimeProvider>(),
                whyIdle is null ? null : cancellationToken => whyIdle(provider, cancellationToken)))
            .AddSingleton<OrchestratorRunner>()
            .AddSingleton<ActivityRunner>();
    }
}
