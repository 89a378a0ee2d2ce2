namespace FlDurable.EmbeddedEngine.Histories;

/// <summary>
/// The history of one execution, in memory. It is the only truth: work that is outstanding is what it has decided on and not yet seen
/// done.
/// </summary>
internal sealed class InstanceHistory
{
    private readonly List<HistoryEvent> events = [];
    private readonly Dictionary<int, (Decision Decision, int Turn)> outstanding = [];
    private int turns;

    public int Count => events.Count;

    /// <summary>How many events turns have taken or made; what follows has just arrived.</summary>
    public int Settled { get; private set; }

    public bool HasNews => Settled < events.Count;

    /// <summary>Activities, children and timers that are not done.</summary>
    public IEnumerable<Decision> Outstanding => outstanding.Values.Select(one => one.Decision);

    public DateTime? LastTurnAt { get; private set; }

    public IReadOnlyList<HistoryEvent> Events => events;

    public bool IsOutstanding(int task) => outstanding.ContainsKey(task);

    /// <summary>In which turn, from 1, an outstanding task was decided on.</summary>
    public int TurnOf(int task) => outstanding[task].Turn;

    public void Append(HistoryEvent entry)
    {
        events.Add(entry);
        if (entry is not Arrival)
            Settled = events.Count;
        switch (entry)
        {
            case TurnStarted turn:
                LastTurnAt = turn.At;
                turns++;
                break;
            case TimerCancelled cancelled:
                outstanding.Remove(cancelled.Task);
                break;
            case Decision decision:
                outstanding.Add(decision.Task, (decision, turns));
                break;
            case TaskCompleted completed:
                outstanding.Remove(completed.Task);
                break;
            case TaskFailed failed:
                outstanding.Remove(failed.Task);
                break;
            case ActivityFailedForGood failedForGood:
                outstanding.Remove(failedForGood.Task);
                break;
            case TimerFired fired:
                outstanding.Remove(fired.Task);
                break;
        }
    }

    /// <summary>What has arrived since the last turn.</summary>
    public List<Arrival> News() => [.. events.Skip(Settled).Cast<Arrival>()];

    /// <summary>The turns so far.</summary>
    public IEnumerable<RecordedTurn> Turns()
    {
        for (var next = 0; next < Settled;)
        {
            var arrivals = new List<Arrival>();
            while (events[next] is Arrival arrival)
            {
                arrivals.Add(arrival);
                next++;
            }

            var turn = (TurnStarted)events[next++];
            var decisions = new List<Decision>();
            while (next < events.Count && events[next] is Decision decision)
            {
                decisions.Add(decision);
                next++;
            }

            yield return new RecordedTurn(turn.At, arrivals, decisions);
        }
    }
}

/// <summary>A turn as history has it.</summary>
/// <param name="At">Its time.</param>
/// <param name="Arrivals">What it took.</param>
/// <param name="Decisions">What the orchestrator decided.</param>
internal sealed record RecordedTurn(DateTime At, IReadOnlyList<Arrival> Arrivals, IReadOnlyList<Decision> Decisions);
