using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Averaging of clients that correct their drift: each adds c − c_k to every gradient, and then c_k ← c_k − c + (x − w_k) / (|a_k| η_l), the
/// mean of its own gradients; x ← x + η mean(w_k − x); c moves by the changes of the c_k of those that are there, divided by the number of all
/// clients, so that it is the mean of all c_k at any time (Karimireddy, Kale, Mohri, Reddi, Stich and Suresh, "SCAFFOLD: Stochastic Controlled
/// Averaging for Federated Learning", ICML 2020, Algorithm 1 with option II). The paper's clients take K plain steps; |a_k|
/// (<see cref="LocalSteps.Norm"/>) is K, and with momentum what the steps then add up to.
/// </summary>
/// <param name="rate">η, 1 by default.</param>
/// <param name="isByExamples">Whether clients count by their examples; in the paper, and by default, they count alike.</param>
/// <param name="clientRate">η_l, that of the clients' SGD.</param>
/// <param name="momentum">Theirs, too.</param>
/// <param name="clients">N, the number of all clients.</param>
internal sealed class Scaffold(double rate, bool isByExamples, float clientRate, float momentum, int clients) : ISumAggregation
{
    private const string ByExamples = "examples";

    private static readonly NumberField Rate =
        new("serverLearningRate", "The server's step size.", new NumberRange(0, 100) { IsAboveLeast = true }) { Default = 1 };

    private static readonly WordField Weights =
        new("weights", "Whether clients count alike, as in the paper, or by their examples.", ["uniform", ByExamples]) { Default = "uniform" };

    public static Strategy Strategy { get; } = new("scaffold", spec => new Scaffold(
        spec.Strategy.Of(Rate), spec.Strategy.Of(Weights) == ByExamples, (float)spec.LearningRate.First, (float)spec.Momentum.First, spec.Clients))
    {
        Options = [Rate, Weights],
        Expected = spec => spec.Optimizer == "sgd"
            ? []
            : [new("optimizer", $"expected sgd, whose steps are along the gradients that scaffold corrects, got {spec.Optimizer}")],
    };

    /// <summary>c.</summary>
    public IReadOnlyList<StateTensor> State { get; } = [new(ControlVariates.OfServer)];

    public ClientPlan Plan { get; } = new(CountsSteps: true, CorrectsDrift: true);

    /// <summary>Σ p_k w_k and Σ w_k / |a_k|.</summary>
    public int Sums => 2;

    /// <summary>Σ p_k and Σ 1 / |a_k|.</summary>
    public int Figures => 2;

    public void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures)
    {
        figures[0] = weights[0] = isByExamples ? client.Examples : 1;
        figures[1] = weights[1] = 1 / LocalSteps.Norm(client.Steps ?? 0, momentum);
    }

    public double TotalWeight(SummedRound round) => round.Figures[0];

    public void Apply(SummedRound round, ServerState state, Span<double> next)
    {
        ReadOnlySpan<float> global = round.Global;
        ReadOnlySpan<double> sum = round.Sum(), perStep = round.Sum(1);
        var control = state[ControlVariates.OfServer];
        for (var index = 0; index < next.Length; index++)
        {
            // Σ (c_k' − c_k): of each client's change only what the update tells, so that what a client says it keeps has no say here.
            var gradients = ((round.Figures[1] * global[index]) - perStep[index]) / clientRate;
            control[index] += (gradients - (round.Updates * control[index])) / clients;
            next[index] = ((1 - rate) * global[index]) + (rate * (sum[index] / round.Figures[0]));
        }
    }
}
