using FlDurable.Shared.Contracts;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>Lets each client of a cohort judge the global parameters on its own validation examples.</summary>
internal sealed class EvaluateClient(RecentData data, CohortActivity cohort, WorkThreads threads) : IActivity<CohortInput, PartResult>
{
    public Task<PartResult> RunAsync(CohortInput input, CancellationToken cancellationToken) =>
        cohort.RunAsync(input, RoundPhase.Evaluate, EvaluateAsync, cancellationToken);

    private async Task<Task<ClientOutcome>> EvaluateAsync(ClientWork work, CancellationToken cancellationToken)
    {
        var (_, examples) = await ClientData.ReadAsync(data, work, cancellationToken);
        var metrics = await threads.RunAsync(
            () => work.Engine.Evaluate(work.Network, work.Global, examples, cancellationToken), cancellationToken);
        if (!double.IsFinite(metrics.Loss))
            throw new ClientFailedException("the loss of the global parameters is not finite on its examples");
        return metrics.Problem is { } problem
            ? throw new ClientFailedException($"what it reports can't be used: {problem}")
            : Task.FromResult(new ClientOutcome(work.Client.Client, examples.Count, Seconds: 0, metrics));
    }
}
