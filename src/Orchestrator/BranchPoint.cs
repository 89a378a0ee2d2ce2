using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator;

/// <summary>The round of another federation that a new one starts from.</summary>
/// <param name="Parent">What the other federation was started with.</param>
/// <param name="Round">The round.</param>
internal sealed record BranchPoint(ResolvedSpec Parent, int Round)
{
    /// <summary>The other federation, as far as it is recorded.</summary>
    public RecordedFederation RecordedIn(IArtifactStore store) => new(store, Parent.Id);

    /// <summary>What a spec's initial parameters are of; null if that is no federation that is known here.</summary>
    /// <exception cref="ArtifactCorruptException">What the other federation was started with is damaged.</exception>
    public static async Task<BranchPoint?> FindAsync(IArtifactStore store, FederationSpec spec, CancellationToken cancellationToken) =>
        spec.Initial is not null && ArtifactNames.ParseGlobalParameters(spec.Initial) is var (id, round)
        && await new RecordedFederation(store, id).FindSpecAsync(cancellationToken) is { } parent
            ? new BranchPoint(parent, round)
            : null;
}
