using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>What a strategy, with its options, makes of a federation's updates. The same instance may serve several activities at once.</summary>
public interface IAggregation
{
    /// <summary>What the server keeps from one round to the next, besides the parameters.</summary>
    IReadOnlyList<StateTensor> State => [];

    /// <summary>The fewest updates that it can make something of: a round with fewer has failed.</summary>
    int LeastUpdates => 1;

    /// <summary>The most updates that it can bear.</summary>
    int MostUpdates => int.MaxValue;

    /// <summary>The most updates of so many parameters that it makes something of in a reasonable time, if that is fewer.</summary>
    /// <param name="parameters">How many parameters an update has.</param>
    int MostUpdatesOf(int parameters) => MostUpdates;

    /// <summary>
    /// What somebody should know who has as many updates in a round, for a person; null if there is nothing. It is asked for as many as a round
    /// is to have, and where that is well for as many as there were.
    /// </summary>
    string? Caution(int updates) => null;

    /// <summary>What is asked of the clients besides training; null for nothing.</summary>
    ClientPlan? Plan => null;

    /// <summary>Whether a record may tell how far each client's update is from the parameters that it started from.</summary>
    bool TellsNorms => true;

    /// <summary>The same in a round whose selection has a plan, which may say what followed from the rounds before.</summary>
    /// <param name="plan">What the selection has; null for none.</param>
    IAggregation Under(ClientPlan? plan) => this;

    /// <summary>What the updates' norms are clipped to in the round after the one that has left a state; null where they are not.</summary>
    /// <param name="state">The state.</param>
    double? NextClip(ServerState state) => null;
}

/// <summary>
/// A strategy that needs no more of the updates than sums, in which each is taken times a number of its own: the updates stream, and memory
/// is that of the model, however many clients there are.
/// </summary>
public interface ISumAggregation : IAggregation
{
    /// <summary>How many such sums there are.</summary>
    int Sums => 1;

    /// <summary>How many numbers are summed over the clients besides.</summary>
    int Figures => 0;

    /// <summary>What a client's update counts for. It follows from the outcome alone, so that it can be asked wherever the update is read.</summary>
    /// <param name="client">A client whose update is good.</param>
    /// <param name="weights">Takes what its parameters are multiplied with in each of the <see cref="Sums"/>.</param>
    /// <param name="figures">Takes what it adds to each of the <see cref="Figures"/>.</param>
    void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures);

    /// <summary>Whether <see cref="Apply"/> needs random numbers that nobody can tell without the federation's key.</summary>
    bool AddsNoise => false;

    /// <summary>Whether what no optimizer changes is then the clients' mean, instead of what <see cref="Apply"/> makes of it.</summary>
    bool AveragesStatistics => true;

    /// <summary>What all clients count for together in the first of the <see cref="Sums"/>: divided by it, that is a mean.</summary>
    double TotalWeight(SummedRound round) => round.Examples;

    /// <summary>Makes the next global parameters, in double precision; they are rounded once, when this is done.</summary>
    /// <param name="round">What the updates come to.</param>
    /// <param name="state">What the round before left; becomes what this one leaves.</param>
    /// <param name="next">Takes the parameters.</param>
    void Apply(SummedRound round, ServerState state, Span<double> next);
}
