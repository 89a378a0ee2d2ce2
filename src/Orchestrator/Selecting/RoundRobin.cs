namespace FlDurable.Orchestrator.Selecting;

/// <summary>In turn: each round goes on behind the last one's, and begins anew behind the last client.</summary>
internal sealed class RoundRobin : ISelectionRule
{
    public static ClientSelection Selection { get; } = new("roundrobin", _ => new RoundRobin());

    public IEnumerable<int> Choose(SelectionRound round)
    {
        var first = (round.Round - 1L) * round.Count;
        return Enumerable.Range(0, round.Count).Select(turn => (int)((first + turn) % round.Clients.Count));
    }
}
