using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator;

/// <summary>
/// The noise of a round is that of its number, so that a crash draws none anew. It hides one sum of updates: whoever had the parameters of two
/// attempts with other clients in them could take one from the other, and had a client's update without any noise.
/// </summary>
internal static class NoiseOnce
{
    /// <exception cref="FederationConflictException">
    /// The round that follows may have been given to clients before, and would be made anew with the same noise.
    /// </exception>
    public static void ThrowIfDrawnAgain(ResolvedSpec spec, RecordedRound? last)
    {
        if (spec.Spec is not { Privacy: { IsAtServer: true, NoiseMultiplier: > 0 }, FractionEvaluate: > 0 }
            || last is null || last.Stopped is not null || last.Round >= spec.Spec.Rounds)
        {
            return;
        }

        throw new FederationConflictException(FormattableString.Invariant(
            $"federation '{spec.Id}' can't be retried: clients may have been given the parameters of round {last.Round + 1}, of which it failed, to evaluate, and another attempt would have the same noise and perhaps other updates, which tells one client's; branch from round {last.Round}, which draws noise of its own"));
    }
}
