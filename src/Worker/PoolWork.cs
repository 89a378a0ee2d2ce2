using FlDurable.ClientActivities;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.Worker;

/// <summary>Does a cohort's work with the activity that the host would do it with, on the host's artifacts: so it has the host's bits.</summary>
/// <param name="services">The activities and what they need.</param>
/// <param name="store">The artifacts.</param>
/// <param name="engine">The only engine that is used; null for any.</param>
internal sealed class PoolWork(IServiceProvider services, IArtifactStore store, string? engine)
{
    /// <summary>How many batches were trained on so far.</summary>
    public BatchCount Count { get; } = services.GetRequiredService<BatchCount>();

    /// <summary>What it can be done with.</summary>
    public IEnumerable<ITrainingEngine> Engines { get; } = services.GetServices<ITrainingEngine>();

    /// <summary>What the host is told of it.</summary>
    public WorkerCapabilities Can { get; } = WorkerSkills.Of(services, engine);

    /// <summary>Does it, unless its result is there.</summary>
    /// <exception cref="WorkDeclinedException">The worker can't.</exception>
    public async Task RunAsync(TakenCohort taken, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(taken.Cohort.Spec, services.GetRequiredService<SpecPackages>(), cancellationToken);
        if (spec.Id != taken.Federation)
            throw new WorkDeclinedException(WorkFailures.Broken);
        if ((engine is not null && spec.Engine != engine) || !services.GetRequiredService<TrainingEngines>().Names.Contains(spec.Engine, StringComparer.Ordinal))
            throw new WorkDeclinedException(WorkFailures.NoEngine);
        var activity = services.GetServices<ActivityRegistration>().Single(one => one.Name == taken.Phase.Activity);
        await activity.RunAsync(services, ContractJson.Serialize(taken.Cohort), cancellationToken);
    }
}
