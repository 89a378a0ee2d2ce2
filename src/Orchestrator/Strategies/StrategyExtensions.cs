using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>Adds strategies to a host.</summary>
public static class StrategyExtensions
{
    /// <summary>This build's strategies.</summary>
    internal static IReadOnlyList<Strategy> All { get; } =
    [
        FedAvg.Strategy, FedAvgM.Strategy, FedAdam.Strategy, FedYogi.Strategy, FedAdagrad.Strategy, FedProx.Strategy, Scaffold.Strategy, FedNova.Strategy,
        QFedAvg.Strategy, FedMedian.Strategy, FedTrimmedAvg.Strategy, MultiKrum.OfOne, MultiKrum.Strategy, Bulyan.Strategy, GeometricMedian.Strategy,
        CenteredClipping.Strategy,
    ];

    /// <summary>Adds a strategy, whose name specs can then use.</summary>
    public static IServiceCollection AddStrategy<T>(this IServiceCollection services)
        where T : INamedStrategy => services.AddStrategy(T.Strategy);

    /// <inheritdoc cref="AddStrategy{T}"/>
    public static IServiceCollection AddStrategy(this IServiceCollection services, Strategy strategy) => services.AddSingleton(strategy);

    /// <summary>Adds this build's strategies and their registry. Adding them twice is adding them once.</summary>
    public static IServiceCollection AddStrategies(this IServiceCollection services)
    {
        if (services.Any(service => service.ServiceType == typeof(StrategyRegistry)))
            return services;
        foreach (var strategy in All)
            services.AddStrategy(strategy);
        return services.AddSingleton<StrategyRegistry>().AddSpecAlternatives<StrategyRegistry>();
    }
}
