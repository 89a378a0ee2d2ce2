using System.Numerics.Tensors;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Makes of the sum of all updates what the next global parameters are to be: a candidate, of this attempt alone, until it has shown that it
/// can be evaluated.
/// </summary>
internal sealed class AggregateUpdates(IArtifactStore store, NetworkRegistry networks, AggregationStrategies strategies)
    : IActivity<AggregateUpdatesInput, AggregateUpdatesResult>
{
    public async Task<AggregateUpdatesResult> RunAsync(AggregateUpdatesInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(input.Spec, cancellationToken);
        var name = ArtifactNames.Candidate(spec.Id, input.Round, input.Attempt);
        var recorded = new RecordedFederation(store, spec.Id);

        // A late duplicate comes when the updates are deleted already, and must find what the first one made.
        if (await store.FindAsync(name, cancellationToken) is { } written)
            return new AggregateUpdatesResult(written);
        if (await recorded.FindParametersAsync(input.Round, cancellationToken) is { } parameters)
            return new AggregateUpdatesResult(parameters with { Name = name });
        await recorded.ThrowIfRecordedAsync(input.Round, cancellationToken);

        var network = networks.Get(spec.Spec.Network);
        var global = await store.ReadParametersAsync(input.Global, network, cancellationToken);
        var next = new ModelParameters(network.Layout);
        var mean = await ReadWeightedMeanAsync(input.Updates, network, cancellationToken);
        strategies.Get(spec.Spec.Strategy).Apply(global.Values, mean, next.Values);
        if (!TensorPrimitives.IsFiniteAll<float>(next.Values))
            return new AggregateUpdatesResult(Candidate: null, "the aggregate of the updates is not finite");
        return new AggregateUpdatesResult(await store.PutAsync(name, Safetensors.Write(next), cancellationToken));
    }

    private async Task<double[]> ReadWeightedMeanAsync(ArtifactReference updates, Network network, CancellationToken cancellationToken)
    {
        var manifest = await store.ReadJsonAsync<CohortManifest>(updates, cancellationToken);
        if (manifest.Sum is null)
            throw new ArtifactCorruptException($"artifact '{updates.Name}' has no sum", updates.Name);
        double examples = Outcomes.Totals(manifest).Examples;
        var mean = Safetensors.Read<double>(await store.ReadAsync(manifest.Sum, cancellationToken), network.Layout);
        foreach (ref var value in mean.AsSpan())
            value /= examples;
        return mean;
    }
}
