namespace FlDurable.Shared.Specs;

/// <summary>What privacy asks of a spec's other fields: what the accountant assumes is what is done, or no epsilon is claimed.</summary>
internal static class PrivacyRules
{
    /// <summary>What is expected instead; null if all is as it must be.</summary>
    public static string? Expected(FederationSpec spec, PrivacyOptions privacy)
    {
        if (!privacy.IsAtServer)
        {
            return spec.MaxUpdateNorm is null
                ? Affordable(spec, privacy)
                : "no maxUpdateNorm where clients add the noise, which makes every update long";
        }

        if (spec.MinFitClients != 1)
            return FormattableString.Invariant($"minFitClients 1, not {spec.MinFitClients}: each client is drawn by itself, with the chance fractionFit, however many that are");
        if (spec.Selection.Name != FederationSpec.UsualSelection)
            return $"selection {FederationSpec.UsualSelection}, not {spec.Selection}: each client is drawn by itself, with the chance fractionFit";
        if (spec.OverSelection != 1)
            return FormattableString.Invariant($"overSelection 1, not {spec.OverSelection}: each client is drawn by itself, with the chance fractionFit");
        if (spec.Quorum != spec.UsualQuorum())
            return "no quorum: a round counts however many updates come, since the noise is the same";
        var expected = spec.ExpectedCohort();
        return privacy is { IsAdaptive: true, NoiseMultiplier: > 0 } && privacy.NoiseMultiplier >= 2 * privacy.CountSigma(expected)
            ? FormattableString.Invariant($"a noiseMultiplier below {2 * privacy.CountSigma(expected):G4} with adaptive clipping, or more clients: the noise on how many of {expected:G4} expected updates are within the clip (countNoise {privacy.CountSigma(expected):G4}) already takes all the privacy that {privacy.NoiseMultiplier:G4} has")
            : Affordable(spec, privacy);
    }

    private static string? Affordable(FederationSpec spec, PrivacyOptions privacy) =>
        privacy.MaxEpsilon is { } most && PrivacyAccount.Epsilon(spec, before: null, rounds: 1) is var first && first > most
            ? FormattableString.Invariant($"a maxEpsilon of {first:G4} or more, which the first round comes to, or more noise")
            : null;
}
