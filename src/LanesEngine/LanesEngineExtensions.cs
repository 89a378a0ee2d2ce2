using FlDurable.ClientActivities;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LanesEngine;

/// <summary>Adds the Lanes engine to a host.</summary>
public static class LanesEngineExtensions
{
    /// <summary>Adds <see cref="LanesTrainingEngine"/> to the training engines.</summary>
    public static IServiceCollection AddLanesEngine(this IServiceCollection services) =>
        services.AddTrainingEngine<LanesTrainingEngine>();
}
