using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace FlDurable.Shared.Specs;

/// <summary>Adds specs to a host.</summary>
public static class SpecServices
{
    /// <summary>Adds a rule by which training options go from round to round, whose name a spec's schedules can then have.</summary>
    public static IServiceCollection AddSchedule<T>(this IServiceCollection services)
        where T : class, ISchedule
    {
        services.TryAddSingleton(provider => new ScheduleRegistry(provider.GetServices<ISchedule>()));
        return services.AddSingleton<ISchedule, T>().AddSpecAlternatives<ScheduleRegistry>();
    }

    /// <summary>
    /// Lets specs name what a registry has, which is a singleton of the host. The first call adds <see cref="SpecTable"/>,
    /// <see cref="SpecReader"/> and <see cref="SpecPackages"/>, too. Adding a registry twice is adding it once.
    /// </summary>
    public static IServiceCollection AddSpecAlternatives<TRegistry>(this IServiceCollection services)
        where TRegistry : class, ISpecAlternatives
    {
        services.TryAddSingleton<SpecTable>();
        services.TryAddSingleton<SpecReader>();
        services.TryAddSingleton<SpecPackages>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<ISpecAlternatives, TRegistry>(provider => provider.GetRequiredService<TRegistry>()));
        return services;
    }
}
