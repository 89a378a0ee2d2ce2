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
        ActivitySlot.GiveBack();
        return outcomes;
    }

    private async Task<IReadOnlyList<ClientOutcome>> EvaluateAsync(List<ClientWork> clients, CancellationToken cancellationToken)
    {
        var (startedAt, started) = (time.GetUtcNow(), Stopwatch.GetTimestamp());
        var read = new List<(ImageExamples Examples, string? Problem)>();
        foreach (var work in clients)
        {
            try
            {
                read.Add(((await ClientData.ReadAsync(data, work, cancellationToken)).Validation, null));
            }
            catch (ClientFailedException exception)
            {
                read.Add((default, exception.Message));
            }
        }

        var (engine, network, global) = (clients[0].Engine, clients[0].Network, clients[0].Global);
        var sets = read.Where(one => one.Problem is null).Select(one => one.Examples).ToList();
        var metrics = new Queue<Metrics>(await threads.RunAsync(() => engine.EvaluateEach(network, global, sets, cancellationToken), cancellationToken));
        var outcomes = clients.Zip(read, (work, one) => one.Problem is { } problem ? Failed(work, problem) : Judged(work, one.Examples, metrics.Dequeue()));
        return InTurn(clients, [.. outcomes], startedAt, Stopwatch.GetElapsedTime(started));
    }

    private static ClientOutcome Judged(ClientWork work, ImageExamples examples, Metrics metrics) => (double.IsFinite(metrics.Loss), metrics.Problem) switch
    {
        (false, _) => Failed(work, "the loss of the global parameters is not finite on its examples"),
        (true, { } problem) => Failed(work, $"what it reports can't be used: {problem}"),
        _ => new ClientOutcome(work.Client.Client, examples.Count, Seconds: 0, metrics),
    };

    private static ClientOutcome Failed(ClientWork work, string reason) => CohortActivity.Failed(work.Client.Client, RoundPhase.Evaluate, reason);

    /// <summary>Gives each client the share of the time that its images have, as if one had come after another.</summary>
    private static List<ClientOutcome> InTurn(List<ClientWork> clients, List<ClientOutcome> outcomes, DateTimeOffset startedAt, TimeSpan elapsed)
    {
        var perImage = elapsed / Math.Max(1, clients.Sum(work => work.Client.ValidationExamples));
        var all = new List<ClientOutcome>();
        foreach (var (work, outcome) in clients.Zip(outcomes))
        {
            var own = perImage * work.Client.ValidationExamples;
            all.Add(outcome with { Seconds = own.TotalSeconds, StartedAt = startedAt });
            startedAt += own;
        }

        return all;
    }
}
