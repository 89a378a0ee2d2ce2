using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.ClientActivities;

/// <summary>Adds this room to a host.</summary>
public static class ClientActivitiesExtensions
{
    /// <summary>
    /// Adds a training engine, whose name specs can then use. Those that are added first are preferred where a spec leaves it open (<c>auto</c>).
    /// </summary>
    public static IServiceCollection AddTrainingEngine<T>(this IServiceCollection services)
        where T : class, ITrainingEngine => services.AddSingleton<ITrainingEngine, T>();

    /// <summary>Adds a measure of the global parameters, which specs can then name as <c>central.NAME</c>.</summary>
    public static IServiceCollection AddMetric<T>(this IServiceCollection services)
        where T : class, IMetric => services.AddSingleton<IMetric, T>();

    /// <summary>Adds a number that every client reports with its update, which records have as <c>fit.NAME</c>.</summary>
    public static IServiceCollection AddClientMetric<T>(this IServiceCollection services)
        where T : class, IClientMetric => services.AddSingleton<IClientMetric, T>();

    /// <summary>
    /// Adds the activities that need a training engine. The host adds an <c>IArtifactStore</c>, a <c>NetworkRegistry</c> and the engines,
    /// the preferred one first; and, where evaluations are not to take every core, <see cref="EvaluationThreads"/>.
    /// </summary>
    public static IServiceCollection AddClientActivities(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<RecentManifest>();
        services.TryAddSingleton(_ => new EvaluationThreads(Environment.ProcessorCount));
        return services
            .AddAttacks()
            .AddSingleton<TrainingEngines>()
            .AddSingleton<IEngineCatalog>(provider => provider.GetRequiredService<TrainingEngines>())
            .AddSpecAlternatives<TrainingEngines>()
            .AddSingleton(provider => new MetricRegistry(provider.GetServices<IMetric>()))
            .AddSpecAlternatives<MetricRegistry>()
            .AddSingleton(provider => new ClientMetricRegistry(provider.GetServices<IClientMetric>()))
            .AddSpecAlternatives<ClientMetricRegistry>()
            .AddSingleton<RecentData>()
            .AddSingleton<BatchCount>()
            .AddSingleton<WorkThreads>()
            .AddSingleton<CentralEvaluation>()
            .AddSingleton<CohortActivity>()
            .AddActivity<TrainClient, CohortInput, PartResult>(Activities.TrainClient)
            .AddActivity<EvaluateClient, CohortInput, PartResult>(Activities.EvaluateClient)
            .AddActivity<EvaluateGlobal, EvaluateGlobalInput, EvaluateGlobalResult>(Activities.EvaluateGlobal);
    }
}
