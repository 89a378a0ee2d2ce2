using FlDurable.Shared.Contracts;
using FlDurable.Shared.Privacy;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>
/// A strategy that takes for the clients' mean one with noise: x + (1/qN) (Σ (w_k − x) min(1, C / ‖w_k − x‖) + N(0, z² C²)) (McMahan, Ramage,
/// Talwar and Zhang, "Learning Differentially Private Recurrent Language Models", ICLR 2018, §2, with the fixed denominator). qN is the
/// expected cohort, whoever is drawn, fails or is late, and clients count alike: so one that is removed moves the mean by at most C/qN. With
/// adaptive clipping C ← C exp(−η (b − γ)) with b the noised number of updates within C, divided by qN (Andrew, Thakkar, McMahan and
/// Ramaswamy, "Differentially Private Learning with Adaptive Clipping", NeurIPS 2021, Algorithm 1).
/// </summary>
/// <param name="inner">The strategy: one that needs no more than the mean.</param>
/// <param name="privacy">How privacy is kept.</param>
/// <param name="expected">qN.</param>
internal sealed class PrivateMean(ISumAggregation inner, PrivacyOptions privacy, double expected) : ISumAggregation
{
    private const string ClipName = "privacy.clip";

    // However the noise falls out, C stays a number that can be clipped by.
    private const double LeastClip = 1e-9;
    private const double MostClip = 1e9;

    /// <summary>Whether a strategy needs no more of the updates than their mean.</summary>
    public static bool CanBeOf(IAggregation aggregation) => aggregation is ISumAggregation { Sums: 1, Figures: 0, Plan: null or { KeepsState: false } };

    /// <summary>C of the round, as the clients' updates are weighed by it.</summary>
    public double Clip { get; private init; } = privacy.FirstClip;

    /// <inheritdoc/>
    public IReadOnlyList<StateTensor> State { get; } = privacy.IsAdaptive ? [.. inner.State, new(ClipName, 1)] : inner.State;

    /// <summary>None: a round without an update is noise, and counts.</summary>
    public int LeastUpdates => 0;

    /// <inheritdoc/>
    public ClientPlan? Plan => inner.Plan;

    /// <summary>How many updates are within C, and Σ min(1, C / ‖w_k − x‖).</summary>
    public int Figures => 2;

    /// <summary>How long an update is no noise covers.</summary>
    public bool TellsNorms => false;

    /// <inheritdoc/>
    public bool AddsNoise => true;

    /// <summary>The statistics of batch normalisation are none that noise covers: they stay what they are.</summary>
    public bool AveragesStatistics => false;

    /// <summary>This, with the C of the round.</summary>
    public IAggregation Under(ClientPlan? plan) => new PrivateMean(inner, privacy, expected) { Clip = plan?.Clip ?? Clip };

    /// <summary>C of the next round, of what a round has left.</summary>
    public double? NextClip(ServerState state) => ClipAfter(state);

    public void Weigh(ClientOutcome client, Span<double> weights, Span<double> figures)
    {
        var norm = client.UpdateNorm ?? 0;

        // From the middle, so that a client that is there or not moves the count by a half: the noise on it is measured by that.
        figures[0] = norm <= Clip ? 0.5 : -0.5;
        figures[1] = weights[0] = norm <= Clip ? 1 : Clip / norm;
    }

    public void Apply(SummedRound round, ServerState state, Span<double> next)
    {
        var (clip, mean) = (ClipAfter(state), new double[next.Length]);
        Average(round, clip, mean);
        inner.Apply(new SummedRound(round.Parameters, mean, [], updates: 1, examples: 1), state, next);
        if (privacy.IsAdaptive)
            state[ClipName][0] = FollowedClip(round, clip);
    }

    /// <summary>The mean before noise; for parameters that no optimizer changes what they were.</summary>
    internal void AverageWithoutNoise(SummedRound round, Span<double> mean)
    {
        ReadOnlySpan<float> global = round.Global;
        ReadOnlySpan<double> sum = round.Sum();
        foreach (var slot in round.Parameters.Layout.Tensors)
        {
            for (var index = slot.Offset; index < slot.Offset + slot.Length; index++)
                mean[index] = slot.IsTrained ? global[index] + ((sum[index] - (round.Figures[1] * global[index])) / expected) : global[index];
        }
    }

    private double ClipAfter(ServerState state) => privacy.IsAdaptive && !state.IsNew ? state[ClipName][0] : privacy.FirstClip;

    private void Average(SummedRound round, double clip, Span<double> mean)
    {
        AverageWithoutNoise(round, mean);
        var sigma = privacy.UpdateMultiplier(expected) * clip / expected;
        if (sigma == 0)
            return;
        var noise = Noise(round, SecretPurpose.ServerNoise);
        foreach (var slot in round.Parameters.Layout.Tensors.Where(slot => slot.IsTrained))
        {
            foreach (ref var value in mean.Slice(slot.Offset, slot.Length))
                value += sigma * noise.NextNormal();
        }
    }

    private double FollowedClip(SummedRound round, double clip)
    {
        var noise = privacy.NoiseMultiplier == 0 ? 0 : privacy.CountSigma(expected) * Noise(round, SecretPurpose.CountNoise).NextNormal();
        var share = 0.5 + ((round.Figures[0] + noise) / expected);
        return Math.Clamp(clip * Power.Exp(-privacy.ClipRate * (share - privacy.Quantile)), LeastClip, MostClip);
    }

    private static SecretStream Noise(SummedRound round, SecretPurpose purpose) =>
        round.Noise?.Of(purpose) ?? throw new InvalidOperationException("a private mean needs noise");
}
