using FlDurable.Orchestrator.Strategies;

namespace FlDurable.Orchestrator.Selecting;

/// <summary>
/// One after another, each in proportion to its examples among those that are left: the largest ln(u)/n of independent u in (0, 1] (Efraimidis and
/// Spirakis, "Weighted random sampling with a reservoir", 2006).
/// </summary>
internal sealed class ByExamples : ISelectionRule
{
    public static ClientSelection Selection { get; } = new("examples", _ => new ByExamples());

    public IEnumerable<int> Choose(SelectionRound round)
    {
        var keys = round.Clients.Select(client => Power.Logarithm(1 - round.Random.NextDouble()) / client.TrainExamples).ToArray();
        return Enumerable.Range(0, keys.Length).OrderByDescending(client => keys[client]).Take(round.Count);
    }
}
