using System.Diagnostics;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>
/// Lets each client of a cohort judge the global parameters on its own validation examples. The engine is given as many clients' together as fit
/// in some memory, since for a few images each it takes longer to begin than to compute.
/// </summary>
internal sealed class EvaluateClient(RecentData data, CohortActivity cohort, WorkThreads threads, TimeProvider time) : IActivity<CohortInput, PartResult>
{
    // Of clients with their training examples, which are read with the others.
    private const long MostBytesTogether = 16 << 20;

    public Task<PartResult> RunAsync(CohortInput input, CancellationToken cancellationToken) =>
        cohort.RunAsync(input, RoundPhase.Evaluate, EvaluateAllAsync, cancellationToken);

    private async Task<IReadOnlyList<ClientOutcome>> EvaluateAllAsync(IReadOnlyList<ClientWork> clients, CancellationToken cancellationToken)
    {
        var outcomes = new List<ClientOutcome>();
        var (together, bytes) = (new List<ClientWork>(), 0L);
        foreach (var client in clients)
        {
            bytes += client.Client.Data.Length;
            if (together.Count > 0 && bytes > MostBytesTogether)
            {
                outcomes.AddRange(await EvaluateAsync(together, cancellationToken));
                (together, bytes) = ([], client.Client.Data.Length);
            }

            together.Add(client);
        }

        if (together.Count > 0)
            outcomes.AddRange(await EvaluateAsync(together, cancellationToken));
        return outcomes;
    }

    private async Task<IReadOnlyList<ClientOutcome>> EvaluateAsync(List<ClientWork> clients, CancellationToken cancellationToken)
    {
        var (startedAt, started) = (time.GetUtcNow(), Stopwatch.GetTimestamp());
        var outcomes = new ClientOutcome?[clients.Count];
        var sets = new List<(int Client, ImageExamples Examples)>();
        foreach (var (index, work) in clients.Index())
        {
            try
            {
                sets.Add((index, (await ClientData.ReadAsync(data, work, cancellationToken)).Validation));
            }
            catch (ClientFailedException exception)
            {
                outcomes[index] = Failed(index, exception.Message);
            }
        }

        var first = clients[0];
        var measured = await threads.RunAsync(
            () => first.Engine.EvaluateEach(first.Network, first.Global, [.. sets.Select(set => set.Examples)], cancellationToken), cancellationToken);
        foreach (var ((index, examples), metrics) in sets.Zip(measured))
            outcomes[index] = ProblemOf(metrics) is { } problem ? Failed(index, problem) : new ClientOutcome(clients[index].Client.Client, examples.Count, Seconds: 0, metrics);

        // Each client's share of the time is that of its images.
        var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds / Math.Max(1, clients.Sum(work => work.Client.ValidationExamples));
        return [.. clients.Select((work, index) => outcomes[index]! with { Seconds = seconds * work.Client.ValidationExamples, StartedAt = startedAt })];

        ClientOutcome Failed(int index, string reason) => CohortActivity.Failed(clients[index].Client.Client, RoundPhase.Evaluate, reason);
    }

    private static string? ProblemOf(Metrics metrics) => (double.IsFinite(metrics.Loss), metrics.Problem) switch
    {
        (false, _) => "the loss of the global parameters is not finite on its examples",
        (true, { } problem) => $"what it reports can't be used: {problem}",
        _ => null,
    };
}
