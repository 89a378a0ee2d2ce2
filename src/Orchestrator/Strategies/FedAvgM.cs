using FlDurable.Shared.Contracts;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// Federated averaging with server momentum: v ← β v + (x − avg), x ← x − η v, v from 0 (Hsu, Qi and Brown, "Measuring the Effects of
/// Non-Identical Data Distribution for Federated Visual Classification", 2019, §3.3). β = 0 with η = 1 is FedAvg, bit for bit.
/// </summary>
/// <param name="rate">η.</param>
/// <param name="momentum">β.</param>
internal sealed class FedAvgM(double rate, double momentum) : ISumAggregation
{
    private const string Velocity = "velocity";

    private static readonly NumberField Rate =
        new("serverLearningRate", "The server's step size.", new NumberRange(0, 100) { IsAboveLeast = true }) { Default = 1 };

    private static readonly NumberField Momentum =
        new("serverMomentum", "What stays of the server's velocity from round to round.", new NumberRange(0, 1) { IsBelowMost = true }) { Default = 0.9 };

    public static Strategy Strategy { get; } =
        new("fedavgm", spec => new FedAvgM(spec.Strategy.Of(Rate), spec.Strategy.Of(Momentum))) { Options = [Rate, Momentum] };

    public IReadOnlyList<StateTensor> State { get; } = [new(Velocity)];

    public void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures) => weights[0] = client.Examples;

    public void Apply(SummedRound round, ServerState state, Span<double> next)
    {
        ReadOnlySpan<float> global = round.Global;
        ReadOnlySpan<double> sum = round.Sum();
        var velocity = state[Velocity];
        double examples = round.Examples;
        for (var index = 0; index < next.Length; index++)
        {
            // Not x − η v, which has rounded x − avg: so that without momentum nothing is left of it.
            var mean = sum[index] / examples;
            var remembered = momentum * velocity[index];
            velocity[index] = remembered + (global[index] - mean);
            next[index] = ((1 - rate) * global[index]) + (rate * mean) - (rate * remembered);
        }
    }
}
