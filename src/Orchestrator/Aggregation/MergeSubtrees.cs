using System.Numerics.Tensors;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>Makes one subtree of up to 64: it adds their sums, in order, and refers to their clients.</summary>
internal sealed class MergeSubtrees(IArtifactStore store, NetworkRegistry networks, StrategyRegistry strategies, SpecPackages packages)
    : IActivity<MergeSubtreesInput, PartResult>
{
    public async Task<PartResult> RunAsync(MergeSubtreesInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(input.Spec, packages, cancellationToken);
        UpdateSum? sum = null;
        double[]? figures = null;
        var totals = new OutcomeTotals(0, 0, 0, FirstFailure: null);
        await foreach (var (part, partSum) in input.Subtrees.ToAsyncEnumerable().ReadAheadAsync(ReadAsync, cancellationToken))
        {
            totals = Outcomes.Add(totals, Outcomes.Totals(part));
            if (partSum is null)
                continue;
            sum ??= new UpdateSum(networks.Get(spec).Layout, ((ISumAggregation)strategies.For(spec.Spec, input.Round)).Sums);
            sum.Add(partSum);
            figures = Add(figures, part.Figures);
        }

        var sumReference = sum is null
            ? null
            : await store.PutAsync(
                ArtifactNames.PartialSum(spec.Id, input.Round, input.Attempt, input.Range), sum.ToSafetensors(), cancellationToken);
        var manifest = new PartOutcomes([], sumReference, new MergedOutcomes(input.Subtrees, totals), figures);
        var reference = await store.PutJsonAsync(
            ArtifactNames.Subtree(spec.Id, input.Round, input.Attempt, input.Phase, input.Range), manifest, cancellationToken);
        return Outcomes.Summarize(reference, manifest);
    }

    private static double[]? Add(double[]? figures, IReadOnlyList<double>? part)
    {
        if (figures is null || part is null)
            return part is null ? figures : [.. part];
        TensorPrimitives.Add(figures, [.. part], figures);
        return figures;
    }

    private async Task<(PartOutcomes Part, byte[]? Sum)> ReadAsync(ArtifactReference subtree, CancellationToken cancellationToken)
    {
        var part = await store.ReadJsonAsync<PartOutcomes>(subtree, cancellationToken);
        return (part, part.Sum is null ? null : await store.ReadAsync(part.Sum, cancellationToken));
    }
}
