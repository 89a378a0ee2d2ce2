using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>What somebody is to be warned of before the first round: what can be done, and is perhaps not what was meant.</summary>
internal static class Cautions
{
    /// <summary>What is doubtful of a spec that asks for privacy, for a person.</summary>
    public static IEnumerable<string> OfPrivacy(ResolvedSpec spec, Network network)
    {
        if (spec.Spec.Privacy is not { } privacy)
            yield break;
        if (privacy.NoiseMultiplier == 0)
            yield return "without noise there is no privacy: updates are clipped, and that is all";
        else if (privacy.Delta * spec.Spec.Clients >= 1)
            yield return FormattableString.Invariant($"a delta of {privacy.Delta:G4} allows to publish all that one of {spec.Spec.Clients} clients has: it is to be well below {1.0 / spec.Spec.Clients:G4}");
        if (network.Layout.Tensors.Any(slot => !slot.IsTrained))
            yield return "the running means and variances of batch normalisation stay what they are, since no noise covers them: a network with groupnorm learns better";
        if (spec.Initial is not null && spec.PrivacySpentBefore is null && spec.Spec.Initial is { } initial && ArtifactNames.ParseGlobalParameters(initial) is { Round: > 0 })
            yield return "it starts from parameters that were learnt without privacy: epsilon is of its own rounds alone";
    }
}
