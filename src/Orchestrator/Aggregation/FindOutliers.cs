using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Finds the updates that stand out among those whose aggregate is of no use: those more than ten times as far from the global parameters
/// as the median. Clients that train alike come to norms of one order, and a median is honest as long as half of the clients are.
/// </summary>
internal sealed class FindOutliers(IArtifactStore store) : IActivity<FindOutliersInput, FindOutliersResult>
{
    private const double TimesTheMedian = 10;

    public async Task<FindOutliersResult> RunAsync(FindOutliersInput input, CancellationToken cancellationToken)
    {
        var norms = new List<(string Client, double Norm)>();
        await foreach (var outcome in store.ReadOutcomesAsync(input.Updates, cancellationToken))
        {
            if (outcome.UpdateNorm is { } norm)
                norms.Add((outcome.Client, norm));
        }

        if (norms.Count == 0)
            return new FindOutliersResult(NormLimit: null, Median: 0, Count: 0, First: null);

        // The lower one of two: with an update of each kind the smaller is believed.
        var median = norms.Select(update => update.Norm).Order().ElementAt((norms.Count - 1) / 2);
        var outliers = norms.Where(update => update.Norm > TimesTheMedian * median).ToList();
        return outliers.Count == 0
            ? new FindOutliersResult(NormLimit: null, median, Count: 0, First: null)
            : new FindOutliersResult(TimesTheMedian * median, median, outliers.Count, outliers[0].Client);
    }
}
