using System.Numerics.Tensors;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Makes of the sum of all updates what the next global parameters are to be: a candidate, of this attempt alone, until it has shown that it
/// can be evaluated.
/// </summary>
internal sealed class AggregateUpdates(IArtifactStore store, NetworkRegistry networks, StrategyRegistry strategies, SpecPackages packages)
    : IActivity<AggregateUpdatesInput, AggregateUpdatesResult>
{
    public async Task<AggregateUpdatesResult> RunAsync(AggregateUpdatesInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(input.Spec, packages, cancellationToken);
        if (await FindWrittenAsync(spec.Id, input, cancellationToken) is { } written)
            return written;

        var aggregation = strategies.For(spec.Spec, input.Round);
        var network = networks.Get(spec);
        var global = await store.ReadParametersAsync(input.Global, network, cancellationToken);
        var state = await ReadStateAsync(aggregation, network, input.StrategyState, cancellationToken);
        var next = new ModelParameters(network.Layout, await ApplyAsync(aggregation, spec, input.Round, global, state, input.Updates, cancellationToken));
        state.ForgetStatistics(network.Layout);
        if (!TensorPrimitives.IsFiniteAll<float>(next.Values))
            return new AggregateUpdatesResult(Candidate: null, "the aggregate of the updates is not finite");

        // The state first: where the candidate is, a late duplicate finds both.
        var kept = aggregation.State.Count == 0
            ? null
            : await store.PutAsync(ArtifactNames.CandidateState(spec.Id, input.Round, input.Attempt), state.ToSafetensors(), cancellationToken);
        var name = ArtifactNames.Candidate(spec.Id, input.Round, input.Attempt);
        return new AggregateUpdatesResult(await store.PutAsync(name, Safetensors.Write(next), cancellationToken), StrategyState: kept);
    }

    /// <summary>What was made before: a late duplicate may come when the updates are deleted already.</summary>
    private async Task<AggregateUpdatesResult?> FindWrittenAsync(string id, AggregateUpdatesInput input, CancellationToken cancellationToken)
    {
        var (name, stateName) = (ArtifactNames.Candidate(id, input.Round, input.Attempt), ArtifactNames.CandidateState(id, input.Round, input.Attempt));
        if (await store.FindAsync(name, cancellationToken) is { } written)
            return new AggregateUpdatesResult(written, StrategyState: await store.FindAsync(stateName, cancellationToken));
        var recorded = new RecordedFederation(store, id);
        if (await recorded.FindRecordAsync(input.Round, cancellationToken) is { } record
            && await recorded.FindParametersAsync(record, cancellationToken) is { } parameters)
        {
            var state = await recorded.FindStrategyStateAsync(record, cancellationToken);
            return new AggregateUpdatesResult(
                parameters with { Name = name }, StrategyState: state is null ? null : state with { Name = stateName });
        }

        await recorded.ThrowIfRecordedAsync(input.Round, cancellationToken);
        return null;
    }

    private async Task<ServerState> ReadStateAsync(
        IAggregation aggregation, Network network, ArtifactReference? state, CancellationToken cancellationToken) => ServerState.Read(
            aggregation.State, network.Layout, state is null ? null : await store.ReadAsync(state, cancellationToken));

    private Task<float[]> ApplyAsync(
        IAggregation aggregation, ResolvedSpec spec, int round, ModelParameters global, ServerState state, ArtifactReference updates, CancellationToken cancellationToken) =>
        aggregation switch
        {
            ISumAggregation sums => ApplyAsync(sums, spec, round, global, state, updates, cancellationToken),
            IBlockAggregation blocks => ApplyAsync(blocks, global, state, updates, cancellationToken),
            _ => throw new NotSupportedException($"{aggregation.GetType().Name} is of no known kind of strategy"),
        };

    private async Task<float[]> ApplyAsync(
        ISumAggregation aggregation, ResolvedSpec spec, int round, ModelParameters global, ServerState state, ArtifactReference updates, CancellationToken cancellationToken)
    {
        var manifest = await store.ReadJsonAsync<PartOutcomes>(updates, cancellationToken);
        var totals = Outcomes.Totals(manifest);
        var isEmpty = totals.Succeeded == 0 && aggregation.LeastUpdates == 0;
        if (!isEmpty && (manifest.Sum is null || (manifest.Figures?.Count ?? 0) != aggregation.Figures))
            throw new ArtifactCorruptException($"artifact '{updates.Name}' has not the sums that the strategy needs", updates.Name);
        var sums = isEmpty
            ? new double[aggregation.Sums * global.Layout.Length]
            : UpdateSum.Read(await store.ReadAsync(manifest.Sum!, cancellationToken), global.Layout, aggregation.Sums);
        var next = new double[global.Layout.Length];
        using var noise = aggregation.AddsNoise ? new RoundNoise(await store.ReadPrivacyKeyAsync(spec.Id, cancellationToken), round) : null;
        var summed = new SummedRound(global, sums, isEmpty ? new double[aggregation.Figures] : manifest.Figures ?? [], totals.Succeeded, totals.Examples) { Noise = noise };
        aggregation.Apply(summed, state, next);
        if (aggregation.AveragesStatistics)
            AverageStatistics(global.Layout, summed.Sum(), aggregation.TotalWeight(summed), next);
        return ToSingle(next);
    }

    /// <summary>What no optimizer changes, such as a running mean, is no direction that anybody has moved in: it is the clients' plain mean.</summary>
    private static void AverageStatistics(ParameterLayout layout, ReadOnlySpan<double> sum, double weight, Span<double> next)
    {
        foreach (var slot in layout.Tensors.Where(slot => !slot.IsTrained))
        {
            for (var index = slot.Offset; index < slot.Offset + slot.Length; index++)
                next[index] = sum[index] / weight;
        }
    }

    private async Task<float[]> ApplyAsync(
        IBlockAggregation aggregation, ModelParameters global, ServerState state, ArtifactReference updates, CancellationToken cancellationToken)
    {
        var references = await store.ReadOutcomesAsync(updates, cancellationToken)
            .Where(outcome => outcome.Failure is null)
            .Select(outcome => outcome.Update!)
            .ToListAsync(cancellationToken);
        if (references.Count < aggregation.LeastUpdates || references.Count > aggregation.MostUpdates)
        {
            throw new InvalidOperationException(FormattableString.Invariant(
                $"{references.Count} updates can't be aggregated: the strategy needs {aggregation.LeastUpdates} to {aggregation.MostUpdates}"));
        }

        return ToSingle(await new UpdateBlocks(store, global, references).ApplyAsync(aggregation, state, cancellationToken));
    }

    private static float[] ToSingle(double[] values) => Array.ConvertAll(values, value => (float)value);
}
