using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Specs;

namespace OwnNamespace;

/// <summary>Federated averaging that goes only part of the way to the clients' mean.</summary>
/// <param name="share">Which part of it, 0 to 1.</param>
public sealed class Cautious(double share) : ISumAggregation, INamedStrategy
{
    private static readonly NumberField Share = new("share", "The part of the way to the clients' mean.", new NumberRange(0, 1)) { Default = 0.5 };

    public static Strategy Strategy { get; } = new("cautious", spec => new Cautious(spec.Strategy.Of(Share))) { Options = [Share] };

    public void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures) => weights[0] = client.Examples;

    public void Apply(SummedRound round, ServerState state, Span<double> next)
    {
        for (var index = 0; index < next.Length; index++)
            next[index] = ((1 - share) * round.Global[index]) + (share * round.Sum()[index] / round.Examples);
    }
}
