using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator;

/// <summary>Plans of federations, by what their strategies need.</summary>
internal static class FederationPlans
{
    /// <summary>
    /// A round with fewer updates than the strategy needs has failed, whatever the spec says of a quorum; with privacy none has, since another draw
    /// of clients would be none that the accountant knows of.
    /// </summary>
    public static FederationPlan PlanOf(this StrategyRegistry strategies, FederationSpec spec) => FederationPlan.Of(spec) with
    {
        Quorum = spec.Privacy is { IsAtServer: true } ? 0 : Math.Max(spec.Quorum, strategies.For(spec, round: 1).LeastUpdates),
    };
}
