using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>Adds strategies to a host.</summary>
public static class StrategyExtensions
{
    /// <summary>Adds a strategy, whose name specs can then use.</summary>
    public static IServiceCollection AddStrategy(this IServiceCollection services, Strategy strategy) => services.AddSingleton(strategy);

    /// <summary>Adds this build's strategies and their registry. Adding them twice is adding them once.</summary>
    public static IServiceCollection AddStrategies(this IServiceCollection services) =>
        services.Any(service => service.ServiceType == typeof(StrategyRegistry))
            ? services
            : services
                .AddSingleton<StrategyRegistry>()
                .AddSpecAlternatives<StrategyRegistry>()
                .AddStrategy(FedAvg.Strategy)
                .AddStrategy(FedAvgM.Strategy);
}
