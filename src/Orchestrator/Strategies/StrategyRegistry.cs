using System.Collections.Frozen;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>The strategies that a spec can name: those that the host has added.</summary>
public sealed class StrategyRegistry(IEnumerable<Strategy> strategies) : ISpecAlternatives
{
    private readonly FrozenDictionary<string, Strategy> strategies = NamedParts.ByName("strategy", strategies, strategy => strategy.Name);

    string ISpecAlternatives.Field => "strategy";

    IReadOnlyList<SpecAlternative> ISpecAlternatives.Alternatives =>
        [.. strategies.Values.OrderBy(strategy => strategy.Name, StringComparer.Ordinal).Select(strategy => new SpecAlternative(strategy.Name, strategy.Options) { Errors = spec => ErrorsOf(strategy, spec), Package = PackageVersion.OfCode(strategy.Create) })];

    private static IEnumerable<SpecError> ErrorsOf(Strategy strategy, FederationSpec spec)
    {
        var (aggregation, updates) = (strategy.Create(spec.InRound(1)), spec.NeededUpdates(spec.Clients));
        if (updates < aggregation.LeastUpdates)
        {
            yield return new SpecError("strategy", FormattableString.Invariant(
                $"{spec.Strategy} needs {aggregation.LeastUpdates} updates, a round has {updates} (clients, fractionFit, minFitClients): expected more of them{(strategy.Options.Any(option => option.Name == KrumFamily.Hostile.Name) ? ", or a smaller f" : "")}"));
        }

        if (updates > aggregation.MostUpdates)
        {
            yield return new SpecError("strategy", FormattableString.Invariant(
                $"{strategy.Name} compares every update with every other, at most {aggregation.MostUpdates}, and a round has {updates}: expected a smaller fractionFit, or fedmedian or fedtrimmedavg, which bear any number"));
        }

        foreach (var error in strategy.Expected(spec))
            yield return error;
        if (spec.Privacy is { IsAtServer: true } && !PrivateMean.CanBeOf(aggregation))
            yield return new SpecError("privacy", $"{strategy.Name} makes more of the updates than a mean, whose noise could be told: expected a strategy that averages, or noise at the client");
        if (spec.Privacy is { IsAtServer: false } && aggregation.Plan is { KeepsState: true } or { MeasuresInitialLoss: true })
            yield return new SpecError("privacy", $"{strategy.Name} has clients say more than their update, which no noise covers: expected another strategy");
    }

    /// <summary>Refuses a strategy whose work on a round's updates would take minutes, now that it is known how many parameters each has.</summary>
    /// <exception cref="InvalidSpecException">There are too many updates of the network's size.</exception>
    /// <exception cref="NotRegisteredException">There is no strategy of the spec's name in this build.</exception>
    internal void RefuseTooMuchWork(FederationSpec spec, Network network)
    {
        var (parameters, updates) = (network.Layout.Length, spec.NeededUpdates(spec.Clients));
        if (For(spec, round: 1).MostUpdatesOf(parameters) is var most && updates > most)
        {
            throw new InvalidSpecException([new SpecError("strategy", FormattableString.Invariant(
                $"{spec.Strategy.Name} compares every update with every other, of {network.Name} with its {parameters:N0} parameters at most {most:N0}, and a round has {updates:N0}: expected a smaller fractionFit, or fedmedian or fedtrimmedavg, which bear any number"))]);
        }
    }

    /// <summary>The strategy of a checked spec, with its options, as it is in a round.</summary>
    /// <exception cref="NotRegisteredException">There is none of that name in this build.</exception>
    public IAggregation For(FederationSpec spec, int round) => strategies.TryGetValue(spec.Strategy.Name, out var strategy)
        ? Private(strategy.Create(spec.InRound(round)), spec)
        : throw NotRegisteredException.Of("strategy", spec.Strategy.Name, strategies.Keys);

    private static IAggregation Private(IAggregation aggregation, FederationSpec spec) => spec.Privacy is { IsAtServer: true } privacy
        ? new PrivateMean((ISumAggregation)aggregation, privacy, spec.ExpectedCohort())
        : aggregation;
}
