using System.Text.Json.Serialization;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Records;

/// <summary>
/// The content of <c>selection.json</c>: who takes part in a round, in the order in which updates are summed. One leaf of clients is named
/// here; more are named in parts, so that whoever works on a leaf reads no more than that and the way to it.
/// </summary>
/// <param name="Round">The round.</param>
/// <param name="Fit">The clients that train; empty where there are parts.</param>
/// <param name="Evaluate">The clients that evaluate the new global parameters; empty where there are parts.</param>
/// <param name="FitParts">Where the clients that train are named, in order, at most 64; null when they are named here.</param>
/// <param name="EvaluateParts">Where the clients that evaluate are named, likewise.</param>
/// <param name="Plan">What the strategy asks of those that train; null for nothing but that.</param>
public sealed record Selection(
    int Round, IReadOnlyList<ClientPartition> Fit, IReadOnlyList<ClientPartition> Evaluate, IReadOnlyList<SelectionPart>? FitParts = null,
    IReadOnlyList<SelectionPart>? EvaluateParts = null, ClientPlan? Plan = null)
{
    /// <summary>Clients an activity, where the spec leaves that to the round; else null.</summary>
    public int? CohortSize { get; init; }

    /// <summary>Clients an activity that evaluates, where the spec leaves that to the round; null for <see cref="CohortSize"/>.</summary>
    public int? EvaluateCohortSize { get; init; }

    /// <summary>Clients an activity of one phase, where the spec leaves that to the round; else null.</summary>
    public int? CohortSizeOf(RoundPhase phase) => phase == RoundPhase.Fit ? CohortSize : EvaluateCohortSize ?? CohortSize;

    /// <summary>The clients of one phase.</summary>
    public SelectedClients Of(RoundPhase phase) =>
        phase == RoundPhase.Fit ? new SelectedClients(Fit, FitParts) : new SelectedClients(Evaluate, EvaluateParts);
}

/// <summary>What a strategy asks of the clients that train in a round, besides training.</summary>
/// <param name="Proximal">μ of what is added to each gradient, μ (x − x₀): it keeps clients near the parameters that they start from.</param>
/// <param name="CountsSteps">Whether a client says how many steps it has taken.</param>
/// <param name="MeasuresInitialLoss">Whether a client measures, before it trains, the global parameters' loss on what it trains on.</param>
/// <param name="CorrectsDrift">
/// Whether a client adds to each gradient the server's control variate less its own, and keeps another of its own
/// (<see cref="Parameters.ControlVariates"/>).
/// </param>
/// <param name="StrategyState">What the server has kept of the round before, where clients need it to correct their drift; null for zeros.</param>
/// <param name="Clip">The largest norm that an update has in the mean, where that is another in each round; else null.</param>
public sealed record ClientPlan(
    double Proximal = 0, bool CountsSteps = false, bool MeasuresInitialLoss = false, bool CorrectsDrift = false, ArtifactReference? StrategyState = null,
    double? Clip = null)
{
    /// <summary>Whether a client keeps something from one round that its update enters to the next.</summary>
    [JsonIgnore]
    public bool KeepsState => CorrectsDrift;
}

/// <summary>Consecutive clients of a selection, named or in parts: what each part's artifact holds.</summary>
/// <param name="Clients">The clients; empty where there are parts.</param>
/// <param name="Parts">Where they are named, in order, at most 64; null when they are named here.</param>
public sealed record SelectedClients(IReadOnlyList<ClientPartition> Clients, IReadOnlyList<SelectionPart>? Parts = null)
{
    /// <summary>How many clients.</summary>
    [JsonIgnore]
    public int Count => Parts is null ? Clients.Count : Parts.Sum(part => part.Range.Count);
}

/// <summary>A leaf or a subtree of a selection (<see cref="SelectionTree"/>).</summary>
/// <param name="Range">Its clients.</param>
/// <param name="Content">The <see cref="SelectedClients"/>.</param>
public sealed record SelectionPart(SelectionRange Range, ArtifactReference Content);
