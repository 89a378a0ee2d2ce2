using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>What a round's record says of privacy.</summary>
internal sealed class PrivacyRecord(IArtifactStore store, NetworkRegistry networks, StrategyRegistry strategies)
{
    /// <summary>Null where the spec asks for none.</summary>
    public async Task<RoundPrivacy?> OfAsync(ResolvedSpec spec, RecordRoundInput input, CancellationToken cancellationToken)
    {
        if (spec.Spec.Privacy is not { } privacy)
            return null;
        var epsilon = PrivacyAccount.Epsilon(spec.Spec, spec.PrivacySpentBefore, input.Round);
        var next = privacy is { IsAtServer: true, IsAdaptive: true } ? await ReadNextClipAsync(spec, input, cancellationToken) : (double?)null;
        var before = next is not null && input.Round > 0 ? (await new RecordedFederation(store, spec.Id).FindRecordAsync(input.Round - 1, cancellationToken))?.Privacy?.NextClip : next;
        return new RoundPrivacy(double.IsFinite(epsilon) ? epsilon : null, privacy.Delta, before ?? privacy.FirstClip, next);
    }

    /// <summary>Why no round follows though more were asked for: it would spend more than is allowed. Null if one does.</summary>
    public static string? WhyStop(ResolvedSpec spec, int round) =>
        spec.Spec.Privacy is { MaxEpsilon: { } most } && round < spec.Spec.Rounds
        && PrivacyAccount.Epsilon(spec.Spec, spec.PrivacySpentBefore, round + 1) is var next && next > most
            ? FormattableString.Invariant($"another round would bring epsilon to {next:G4}, at most {most:G4} is allowed")
            : null;

    private async Task<double?> ReadNextClipAsync(ResolvedSpec spec, RecordRoundInput input, CancellationToken cancellationToken)
    {
        var aggregation = strategies.For(spec.Spec, input.Round);
        var kept = input.StrategyState ?? (input.Round == 0 ? spec.InitialState : null);
        var content = kept is null ? null : await store.ReadAsync(kept, cancellationToken);
        return aggregation.NextClip(ServerState.Read(aggregation.State, networks.Get(spec).Layout, content));
    }
}
