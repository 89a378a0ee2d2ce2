using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>Adds strategies to a host.</summary>
public static class StrategyExtensions
{
    /// <summary>Adds a strategy, whose name specs can then use.</summary>
    public static IServiceCollection AddStrategy(this IServiceCollection services, Strategy strategy) => services.AddSingleton(strategy);

    /// <summary>Adds this build's strategies and their registry.</summary>
    internal static IServiceCollection AddStrategies(this IServiceCollection services) => services
        .AddSingleton<StrategyRegistry>()
        .AddStrategy(FedAvg.Strategy);
}
