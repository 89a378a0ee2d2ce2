using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>What somebody should know of a round that is no failure of anybody: the rules are those of docs/federation.md.</summary>
internal static class RoundEvents
{
    private const int MaxEventBytes = 600;

    // Between guessing (0) and knowing (1).
    private const double HasLearnt = 0.25;
    private const double HasNotLearnt = 0.05;

    /// <param name="spec">The federation's spec.</param>
    /// <param name="classes">The network's classes.</param>
    /// <param name="round">The round.</param>
    /// <param name="metrics">What was measured in it.</param>
    /// <param name="evaluated">What became of the clients that were to evaluate.</param>
    /// <param name="cautions">What somebody is to be warned of; null for what is nothing.</param>
    /// <param name="stopped">Why no round follows though more were asked for; null if one does.</param>
    /// <param name="past">What the federation failed of in this round before it was retried.</param>
    public static IReadOnlyList<string> Of(
        FederationSpec spec, int classes, RecordRoundInput round, RoundMetrics metrics, PhaseSummary evaluated,
        IReadOnlyList<string?>? cautions = null, string? stopped = null, IEnumerable<PastFailure>? past = null)
    {
        string?[] events =
        [
            round.Round == 0 ? Overruled("fractionFit", spec.FractionFit, "minFitClients", spec.MinFitClients, spec.Clients, "train") : null,
            round.Round == 0 && spec.FractionEvaluate != new FederationSpec().FractionEvaluate
                ? Overruled("fractionEvaluate", spec.FractionEvaluate, "minEvaluateClients", spec.MinEvaluateClients, spec.Clients, "evaluate")
                : null,
            round.Round == 0 && spec.IsAttacked() ? Attacked(spec) : null,
            .. (past ?? []).Select(failure => $"retried: the federation had failed of it: {failure.Reason}"),
            .. (cautions ?? []).Select(caution => caution is null ? null : $"caution: {caution}"),
            round is { Round: > 0, Fit: not null } && IsEmpty(spec, metrics) ? "empty: no update entered the round, and the mean is noise alone" : null,
            round.SentBack is { } reason ? $"sent back: {reason}" : null,
            Diverged(classes, round.Doubtful, metrics),
            Collapsed(classes, round.Before, metrics),
            NotEvaluated(evaluated),
            stopped is null ? null : $"stopped: {stopped}",
        ];
        return [.. events.OfType<string>().Select(text => Reasons.Shorten(text, MaxEventBytes))];
    }

    private static bool IsEmpty(FederationSpec spec, RoundMetrics metrics) => spec.Privacy is { IsAtServer: true } && metrics.Fit is null;

    private static string Attacked(FederationSpec spec)
    {
        var hostile = HostileClients.Of(spec);
        return FormattableString.Invariant($"attacked: {hostile.Count} of {spec.Clients} clients are hostile, {spec.Attack.Name}: {string.Join(", ", hostile.Select(ClientNames.Of))}");
    }

    private static string? Overruled(string fraction, double share, string minimum, int least, int clients, string what)
    {
        var asked = Math.Max((int)(clients * share), 1);
        return share > 0 && least > asked
            ? FormattableString.Invariant($"overruled: {minimum} {least} counts for more than {fraction} {share}: {least} of {clients} clients {what} in a round, not {asked}")
            : null;
    }

    private static string? Diverged(int classes, string? doubtful, RoundMetrics metrics)
    {
        var found = Judged(metrics) is var (which, now) ? Divergence.Find(now.Loss, classes, which) : null;
        return (found ?? doubtful) is { } why ? $"diverged: {why}; a smaller learningRate may help" : null;
    }

    private static string? Collapsed(int classes, RoundMetrics? before, RoundMetrics metrics)
    {
        if (classes < 2 || before is null || Judged(before) is not var (_, last) || Judged(metrics) is not var (which, now))
            return null;
        return Knowledge(last) >= HasLearnt && Knowledge(now) <= HasNotLearnt
            ? FormattableString.Invariant($"collapsed: the {which} accuracy fell from {last.Accuracy:F4} to {now.Accuracy:F4}, that of guessing among {classes} classes")
            : null;

        double Knowledge(Metrics measured) => (measured.Accuracy - (1.0 / classes)) / (1 - (1.0 / classes));
    }

    private static string? NotEvaluated(PhaseSummary evaluated) => evaluated is { FirstFailure: { } first } && evaluated.Failed == evaluated.Clients
        ? $"not evaluated: all {evaluated.Failed} evaluations failed; {first.Client}: {first.Reason}"
        : null;

    /// <summary>The best measure that there is of the global parameters.</summary>
    private static (string Which, Metrics Metrics)? Judged(RoundMetrics metrics) => metrics switch
    {
        { Central: { } central } => ("central", central),
        { Evaluate: { } evaluate } => ("federated", evaluate),
        { Fit: { } fit } => ("training", fit),
        _ => null,
    };
}
