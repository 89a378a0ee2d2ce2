using FlDurable.Shared.Parameters;

namespace FlDurable.Orchestrator.Strategies;

/// <summary>A round's good updates, summed.</summary>
/// <param name="global">The parameters x that the clients started from.</param>
/// <param name="sums">Σ weight · w over the clients' parameters w, one after another for each of the weights.</param>
/// <param name="figures">What else was summed over the clients.</param>
/// <param name="updates">How many updates there are, at least one.</param>
/// <param name="examples">How many examples they were trained on.</param>
public sealed class SummedRound(
    ModelParameters global, ReadOnlyMemory<double> sums, IReadOnlyList<double> figures, int updates, long examples)
{
    /// <summary>The parameters that the clients started from.</summary>
    public ReadOnlySpan<float> Global => global.Values;

    /// <summary>The same, with the tensors that they are of.</summary>
    public ModelParameters Parameters => global;

    /// <summary>What was summed over the clients besides (<see cref="ISumAggregation.Figures"/>).</summary>
    public IReadOnlyList<double> Figures => figures;

    /// <summary>The round's noise, for a strategy that asks for it (<see cref="ISumAggregation.AddsNoise"/>); null for others.</summary>
    public RoundNoise? Noise { get; init; }

    /// <summary>How many updates there are.</summary>
    public int Updates => updates;

    /// <summary>How many examples they were trained on.</summary>
    public long Examples => examples;

    /// <summary>One of the sums.</summary>
    /// <param name="index">Which of <see cref="ISumAggregation.Sums"/>.</param>
    public ReadOnlySpan<double> Sum(int index = 0) => sums.Span.Slice(index * Global.Length, Global.Length);
}
