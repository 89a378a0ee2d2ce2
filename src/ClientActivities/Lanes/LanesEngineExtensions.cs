using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>Adds the Lanes engine to a host.</summary>
public static class LanesEngineExtensions
{
    /// <summary>Adds <see cref="LanesEngine"/> to the training engines.</summary>
    public static IServiceCollection AddLanesEngine(this IServiceCollection services) =>
        services.AddSingleton<ITrainingEngine, LanesEngine>();
}
