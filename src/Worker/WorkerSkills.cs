using FlDurable.ClientActivities;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Work;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Worker;

/// <summary>What a worker tells a host that it can do.</summary>
internal static class WorkerSkills
{
    /// <summary>What can be done with a slot's services.</summary>
    /// <param name="services">The engines, and all that specs can name.</param>
    /// <param name="engine">The only engine that is used; null for any.</param>
    /// <exception cref="WorkerException">There is no such engine here.</exception>
    public static WorkerCapabilities Of(IServiceProvider services, string? engine)
    {
        var engines = services.GetServices<ITrainingEngine>().Where(one => one is not AbsentEngine).Select(one => one.Name).Distinct(StringComparer.Ordinal).ToList();
        if (engine is not null && !engines.Contains(engine, StringComparer.Ordinal))
            throw new WorkerException($"--engine: this worker has no engine '{engine}'; it has {string.Join(", ", engines)}");
        return WorkerCapabilities.Of(engine is null ? engines : [engine], services.GetRequiredService<NetworkRegistry>(), services.GetServices<ISpecAlternatives>());
    }
}
