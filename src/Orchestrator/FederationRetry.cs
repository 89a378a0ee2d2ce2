using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>
/// Lets a federation that has failed go on after its last recorded round, under its id. What it failed of is kept first; then its instance is
/// started once more. Each step finds done what was done before, so that a retry that was cut off is finished by the next, and of several
/// at once each does the same. One that others have overtaken, be it by several retries, changes nothing.
/// </summary>
public sealed class FederationRetry(
    IArtifactStore store, IOrchestrationClient client, NetworkRegistry networks, IEngineCatalog engines, StrategyRegistry strategies, SpecPackages packages)
{
    private readonly KeptFailures failures = new(store);

    /// <summary>Lets a federation go on; one that is on its way is left so. Where that is refused, nothing is changed.</summary>
    /// <exception cref="KeyNotFoundException">There is no such federation.</exception>
    /// <exception cref="FederationConflictException">
    /// It is completed, or was terminated; or this host lacks a part of it, or has it of another package; or noise would be drawn twice (<see cref="NoiseOnce"/>).
    /// </exception>
    /// <exception cref="InvalidSpecException">This machine can't train it.</exception>
    /// <exception cref="ArtifactCorruptException">What it would go on from is damaged, or gone. The message names what is whole.</exception>
    public async Task RetryAsync(string id, CancellationToken cancellationToken)
    {
        var instance = await client.GetInstanceAsync(id, cancellationToken) ?? throw new KeyNotFoundException($"there is no federation '{id}'");
        if (!instance.IsOver)
            return;
        if (instance.RuntimeStatus != OrchestrationRuntimeStatus.Failed)
        {
            throw new FederationConflictException(
                $"federation '{id}' is {instance.RuntimeStatus.ToString().ToLowerInvariant()}: only one that has failed can be retried; to go on from one of its rounds, branch from it");
        }

        var (reference, spec) = await ReadSpecAsync(id, cancellationToken);
        var plan = PlanHere(spec);
        var last = await FindLastAsync(spec, cancellationToken);
        NoiseOnce.ThrowIfDrawnAgain(spec, last);

        // What is left of its children is let be: it has names of its own, and another retry may have started others meanwhile.
        var retries = await failures.KeepAsync(instance, cancellationToken);
        var attempts = await failures.TakeAttemptsAsync(id, plan, cancellationToken);
        await client.RestartFailedInstanceAsync(
            Orchestrations.Federation, new FederationState(reference, plan, last, instance.StartedAt(), retries, attempts), id, instance.LastUpdatedAt,
            cancellationToken);
    }

    private async Task<(ArtifactReference Reference, ResolvedSpec Spec)> ReadSpecAsync(string id, CancellationToken cancellationToken)
    {
        var name = ArtifactNames.Spec(id);
        if (await store.FindAsync(name, cancellationToken) is { } reference
            && await new RecordedFederation(store, id).FindSpecAsync(cancellationToken) is { } spec)
        {
            return (reference, spec);
        }

        throw await store.FindAsync(ArtifactNames.Purged(id), cancellationToken) is not null
            ? new FederationConflictException($"federation '{id}' was purged")
            : new ArtifactCorruptException(RecordedFederation.Lost(name), name);
    }

    /// <summary>What the orchestrators need of the spec, if this host can train it: it may have failed on another machine.</summary>
    private FederationPlan PlanHere(ResolvedSpec spec)
    {
        if (packages.WhyNot(spec) is { } reason)
            throw new FederationConflictException(reason);
        try
        {
            if (networks.Find(spec) is { } network)
                engines.Resolve(spec.Engine, network, spec.Spec.LargestBatch(), spec.Spec.CentralEvaluation);
            return strategies.PlanOf(spec.Spec);
        }
        catch (NotRegisteredException exception)
        {
            throw new FederationConflictException(
                $"federation '{spec.Id}' can't be retried by this host: {exception.Message}; retry it by the program that started it, or start another federation");
        }
    }

    private async Task<RecordedRound?> FindLastAsync(ResolvedSpec spec, CancellationToken cancellationToken)
    {
        try
        {
            return await new RecordedFederation(store, spec.Id).FindLastRoundAsync(spec, first: 0, cancellationToken);
        }
        catch (ArtifactMissingException exception)
        {
            throw new ArtifactCorruptException(exception.Message, exception.Artifact);
        }
    }
}
