using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Fair averaging: clients with a larger loss count for more. With F_k the global parameters' loss on the client before it trains, plus
/// 1e-10, and g_k = L (x − w_k): x ← x − Σ F_k^q g_k / Σ (q F_k^(q−1) ‖g_k‖² + L F_k^q) (Li, Sanjabi, Beirami and Smith, "Fair Resource
/// Allocation in Federated Learning", ICLR 2020, Algorithm 2). Examples have no say: q = 0 is the unweighted mean.
/// </summary>
/// <param name="q">q, 0.1 by default; the larger, the fairer.</param>
/// <param name="lipschitz">L, one divided by the clients' learning rate.</param>
internal sealed class QFedAvg(double q, double lipschitz) : ISumAggregation
{
    private static readonly NumberField Fairness =
        new("q", "How much more a client counts the larger its loss is; 0 is the mean without weights.", new NumberRange(0, 10)) { Default = 0.1 };

    private static readonly NumberField ClientRate =
        new("clientLearningRate", "The rate whose inverse is the paper's L; 0 takes the clients' own.", new NumberRange(0, 100)) { Default = 0 };

    public static Strategy Strategy { get; } = new("qfedavg", spec => new QFedAvg(
        spec.Strategy.Of(Fairness), 1 / (spec.Strategy.Of(ClientRate) is > 0 and var rate ? rate : spec.LearningRate.First)))
    {
        Options = [Fairness, ClientRate],
        Expected = spec => spec.Optimizer == "sgd" || spec.Strategy.Of(Fairness) == 0 || spec.Strategy.Of(ClientRate) > 0
            ? []
            : [new("strategy.clientLearningRate", FormattableString.Invariant(
                $"expected above 0 with optimizer {spec.Optimizer}, for which 1/learningRate is no L: by it a round would hardly train. Take the learningRate that sgd would be given, such as 0.1, or optimizer sgd"))],
    };

    /// <summary>Without it a client whose loss is zero had an infinite weight.</summary>
    private const double SmallestLoss = 1e-10;

    public ClientPlan Plan { get; } = new(MeasuresInitialLoss: true);

    /// <summary>Σ F_k^q and Σ h_k.</summary>
    public int Figures => 2;

    public void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures)
    {
        var loss = Math.Max(client.InitialLoss ?? 0, 0) + SmallestLoss;
        var power = Power.Of(loss, q);
        var norm = lipschitz * (client.UpdateNorm ?? 0);
        figures[0] = weights[0] = power;
        figures[1] = (q * power / loss * norm * norm) + (lipschitz * power);
    }

    public double TotalWeight(SummedRound round) => round.Figures[0];

    public void Apply(SummedRound round, ServerState state, Span<double> next)
    {
        ReadOnlySpan<float> global = round.Global;
        ReadOnlySpan<double> sum = round.Sum();
        var step = lipschitz / round.Figures[1];
        for (var index = 0; index < next.Length; index++)
            next[index] = global[index] - (step * ((round.Figures[0] * global[index]) - sum[index]));
    }
}
