using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Federated averaging of clients that stay near: each adds μ/2 ‖w − x‖² to its loss, so μ (w − x) to every gradient (Li, Sahu, Zaheer,
/// Sanjabi, Talwalkar and Smith, "Federated Optimization in Heterogeneous Networks", MLSys 2020, Algorithm 2). The server is
/// <see cref="FedAvg"/>; μ = 0 is it altogether.
/// </summary>
/// <param name="mu">μ, 0.01 by default.</param>
internal sealed class FedProx(double mu) : ISumAggregation
{
    private static readonly NumberField Mu =
        new("mu", "How strongly a client is kept near the parameters that it starts from; 0 is FedAvg.", new NumberRange(0, 1000)) { IsSingle = true, Default = 0.01 };

    public static Strategy Strategy { get; } = new("fedprox", spec => new FedProx(spec.Strategy.Of(Mu))) { Options = [Mu] };

    private readonly FedAvg average = new();

    public ClientPlan? Plan { get; } = mu == 0 ? null : new ClientPlan(Proximal: mu);

    public void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures) => average.Weigh(client, weights, figures);

    public void Apply(SummedRound round, ServerState state, Span<double> next) => average.Apply(round, state, next);
}
