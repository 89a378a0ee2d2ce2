using FlDurable.LocalHost;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;

namespace FlDurable.Samples;

/// <summary>Aggregates by a strategy of one's own.</summary>
internal static class OwnStrategy
{
    public static Task<int> RunAsync(string[] options) => FederationHost.CreateBuilder(["run", "--strategy", "equal-votes", .. options])
        .AddStrategy<EqualVotes>()
        .RunAsync();
}

/// <summary>The mean of the clients' parameters, in which each counts the same, however many images it has.</summary>
internal sealed class EqualVotes : ISumAggregation, INamedStrategy
{
    public static Strategy Strategy { get; } = new("equal-votes", _ => new EqualVotes());

    public void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures) => weights[0] = 1;

    public double TotalWeight(SummedRound round) => round.Updates;

    public void Apply(SummedRound round, ServerState state, Span<double> next)
    {
        for (var index = 0; index < next.Length; index++)
            next[index] = round.Sum()[index] / round.Updates;
    }
}
