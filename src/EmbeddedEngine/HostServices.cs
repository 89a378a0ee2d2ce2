using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace FlDurable.EmbeddedEngine;

/// <summary>What the engine takes from its host's services.</summary>
internal static class HostServices
{
    /// <summary>What tells the time: the machine's clock where the host has nothing of its own.</summary>
    public static TimeProvider Time(this IServiceProvider services) => services.GetService<TimeProvider>() ?? TimeProvider.System;

    /// <summary>Where it logs to: nowhere if the host has no logs.</summary>
    public static ILoggerFactory Loggers(this IServiceProvider services) => services.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance;

    /// <summary>The orchestrators, by name.</summary>
    /// <exception cref="InvalidOperationException">Two have one name.</exception>
    public static IReadOnlyDictionary<string, OrchestratorRegistration> Orchestrators(this IServiceProvider services) =>
        ByName(services.GetServices<OrchestratorRegistration>(), registration => registration.Name);

    /// <summary>The activities, by name.</summary>
    /// <exception cref="InvalidOperationException">Two have one name.</exception>
    public static IReadOnlyDictionary<string, ActivityRegistration> Activities(this IServiceProvider services) =>
        ByName(services.GetServices<ActivityRegistration>(), registration => registration.Name);

    private static Dictionary<string, T> ByName<T>(IEnumerable<T> registrations, Func<T, string> name)
    {
        var byName = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var registration in registrations)
        {
            if (!byName.TryAdd(name(registration), registration))
                throw new InvalidOperationException($"'{name(registration)}' is registered twice");
        }

        return byName;
    }
}
