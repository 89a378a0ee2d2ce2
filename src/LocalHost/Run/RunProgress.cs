using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;

namespace FlDurable.LocalHost.Run;

/// <summary>
/// How far a federation is, told by its activities as they end, on any thread. An activity that runs twice is counted once.
/// </summary>
internal sealed class RunProgress
{
    private readonly Lock gate = new();
    private readonly HashSet<(int Attempt, int First)> ended = [];
    private readonly List<(Metrics Metrics, long Clients)> measured = [];
    private RunSnapshot snapshot = RunSnapshot.Start;

    /// <summary>A round is recorded; called in order.</summary>
    public event Action<RoundLine>? RoundRecorded;

    /// <summary>Something has changed.</summary>
    public event Action<RunSnapshot>? Changed;

    /// <summary>Where a federation begins, or goes on.</summary>
    /// <param name="rounds">The rounds that it will have.</param>
    /// <param name="recorded">The last recorded round; −1 without any.</param>
    public void Begin(int rounds, int recorded) => Change(now => now with { Rounds = rounds, Recorded = recorded });

    /// <summary>Who takes part in a round is decided.</summary>
    public void Select(SelectClientsInput input, SelectClientsResult selected) => Select(input.Round, selected.Fit, selected.Evaluate);

    /// <summary>Who takes part in a round was decided.</summary>
    public void Select(int round, int fit, int evaluate) => Change(now =>
    {
        Forget();
        return now with
        {
            Round = round,
            Phase = RoundPhase.Fit,
            Clients = fit,
            Evaluating = evaluate,
            Ended = 0,
            Metrics = null,
        };
    });

    /// <summary>A cohort has trained.</summary>
    public void Train(CohortInput input, PartResult result) => Add(RoundPhase.Fit, input, result);

    /// <summary>A round's global parameters are there: their evaluation begins.</summary>
    public void Aggregate(AggregateUpdatesInput input, AggregateUpdatesResult result) => Change(now =>
    {
        Forget();
        return now with { Round = input.Round, Phase = RoundPhase.Evaluate, Clients = now.Evaluating, Ended = 0, Metrics = null };
    });

    /// <summary>A cohort has evaluated.</summary>
    public void Evaluate(CohortInput input, PartResult result) => Add(RoundPhase.Evaluate, input, result);

    /// <summary>A round is recorded.</summary>
    public void Record(RecordRoundInput input, RecordRoundResult result) =>
        Record(new RoundLine(input.Round, new RoundMetrics(result.Fit, result.Evaluate, input.Central), input.Seconds, result.Events ?? []));

    /// <summary>A round was recorded.</summary>
    public void Record(RoundRecord record) =>
        Record(new RoundLine(record.Round, record.ToMetrics(), record.Seconds, record.Events ?? []));

    /// <summary>A round was recorded.</summary>
    public void Record(RoundLine line) => Change(now =>
    {
        if (line.Round <= now.Recorded)
            return now;
        RoundRecorded?.Invoke(line);
        return now with { Recorded = line.Round };
    });

    private void Add(RoundPhase phase, CohortInput input, PartResult result) => Change(now =>
    {
        if (now.Round != input.Round || now.Phase != phase || !ended.Add((input.Attempt, input.First)))
            return now;
        if (result.Metrics is { } metrics)
            measured.Add((metrics, result.Succeeded));
        return now with { Ended = now.Ended + input.Count, Metrics = Metrics.WeightedMean(measured) };
    });

    private void Forget()
    {
        ended.Clear();
        measured.Clear();
    }

    private void Change(Func<RunSnapshot, RunSnapshot> change)
    {
        lock (gate)
        {
            snapshot = change(snapshot);
            Changed?.Invoke(snapshot);
        }
    }
}

/// <summary>How far a federation is at one moment.</summary>
/// <param name="Rounds">The rounds that it will have.</param>
/// <param name="Recorded">The last recorded round; −1 before the first.</param>
/// <param name="Round">The round that is under way; 0 until clients are selected.</param>
/// <param name="Phase">Its fan-out.</param>
/// <param name="Clients">How many clients that has.</param>
/// <param name="Evaluating">How many clients will evaluate in this round.</param>
/// <param name="Ended">How many are done with it.</param>
/// <param name="Metrics">What they have measured, on average.</param>
internal sealed record RunSnapshot(
    int Rounds, int Recorded, int Round, RoundPhase Phase, int Clients, int Evaluating, int Ended, Metrics? Metrics)
{
    public static RunSnapshot Start { get; } = new(0, -1, 0, RoundPhase.Fit, 0, 0, 0, null);
}

/// <summary>A recorded round.</summary>
/// <param name="Round">The round.</param>
/// <param name="Metrics">What was measured in it.</param>
/// <param name="Seconds">How long it took.</param>
/// <param name="Events">What somebody should know of it besides.</param>
internal sealed record RoundLine(int Round, RoundMetrics Metrics, double Seconds, IReadOnlyList<string> Events);
