using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Selecting;

/// <summary>Each client is as likely as any other.</summary>
internal sealed class Uniform : ISelectionRule
{
    public static ClientSelection Selection { get; } = new(FederationSpec.UsualSelection, _ => new Uniform());

    public IEnumerable<int> Choose(SelectionRound round)
    {
        var order = Enumerable.Range(0, round.Clients.Count).ToArray();
        round.Random.Shuffle(order.AsSpan());
        return order.Take(round.Count);
    }
}
