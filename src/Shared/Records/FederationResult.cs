using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Records;

/// <summary>How a federation ended: the content of <c>result.json</c>.</summary>
public sealed record FederationResult : ISealed
{
    /// <summary>The federation's id.</summary>
    public required string Id { get; init; }

    /// <summary>How it ended.</summary>
    public required FederationStatus Status { get; init; }

    /// <summary>Why it failed; absent when it is completed.</summary>
    public string? Failure { get; init; }

    /// <summary>Every client that was missing in the last attempt at the round that failed, of very many the first <see cref="RoundClients.MostTogether"/>; absent unless updates were missing.</summary>
    public IReadOnlyList<ClientFailure>? MissingClients { get; init; }

    /// <summary>What it had failed of before it was retried, oldest first; absent if it never was.</summary>
    public IReadOnlyList<PastFailure>? PastFailures { get; init; }

    /// <summary>What was asked for, with every default; absent in the results of builds that left it out.</summary>
    public FederationSpec? Spec { get; init; }

    /// <summary>The data that it learnt from; absent if it failed before that was known.</summary>
    public DatasetReference? Dataset { get; init; }

    /// <summary>The training engine.</summary>
    public required string Engine { get; init; }

    /// <summary>The seed.</summary>
    public required long Seed { get; init; }

    /// <summary>The network's name.</summary>
    public required string Network { get; init; }

    /// <summary>The number of clients.</summary>
    public required int Clients { get; init; }

    /// <summary>Every recorded round, from 0 (before training), but for those whose records are damaged.</summary>
    public required IReadOnlyList<RoundRecord> Rounds { get; init; }

    /// <summary>What of the federation was found to be damaged when the result was written, for a person; absent when nothing was.</summary>
    public IReadOnlyList<string>? Damage { get; init; }

    /// <summary>The final global parameters; absent unless the federation is completed.</summary>
    public FederationModel? Model { get; init; }

    /// <summary>Why it is completed before its last round; absent unless it is.</summary>
    public string? Stopped { get; init; }

    /// <summary>The best round's parameters; absent unless the spec's <c>keepBest</c> asks for them.</summary>
    public BestModel? Best { get; init; }

    /// <inheritdoc/>
    public string? Seal { get; init; }
}

/// <summary>How a federation ended.</summary>
public enum FederationStatus
{
    /// <summary>All rounds are recorded, or as many as it took to stop.</summary>
    Completed,

    /// <summary>A round could not be finished; the rounds before it are kept.</summary>
    Failed,
}

/// <summary>Where the best round's parameters are.</summary>
/// <param name="Metric">The measure by which they are the best.</param>
/// <param name="Round">The round.</param>
/// <param name="Value">What was measured in it.</param>
/// <param name="Artifact">Their blob name.</param>
/// <param name="Sha256">The SHA-256 of that safetensors file.</param>
public sealed record BestModel(string Metric, int Round, double Value, string Artifact, string Sha256)
{
    /// <summary>The best of recorded rounds; null if the spec keeps none, or its record is not there.</summary>
    public static BestModel? Find(ResolvedSpec spec, IReadOnlyList<RoundRecord> records)
    {
        if (records is not [.., { Best: { } best }] || best.FirstOrDefault(one => one.Metric == spec.Spec.KeepBest) is not { } found)
            return null;
        return records.FirstOrDefault(record => record.Round == found.Round) is { ParametersSha256: var sha256 }
            ? new BestModel(found.Metric, found.Round, found.Value, ArtifactNames.GlobalParameters(spec.Id, found.Round), sha256)
            : null;
    }
}

/// <summary>Where a model is.</summary>
/// <param name="Artifact">Its blob name.</param>
/// <param name="Sha256">The SHA-256 of that safetensors file.</param>
public sealed record FederationModel(string Artifact, string Sha256);
