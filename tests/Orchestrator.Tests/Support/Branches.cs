using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Support;

/// <summary>What branches take over, from the spec of one on.</summary>
internal static class Branches
{
    public static async Task<(ArtifactReference? Strategy, ArtifactReference? Clients)> ResolveAsync(
        this BranchedState branched, IArtifactStore store, FederationSpec spec, CancellationToken cancellationToken) =>
        await BranchPoint.FindAsync(store, spec, cancellationToken) is { } point ? await branched.ResolveAsync(spec, point, cancellationToken) : default;

    public static async Task<IReadOnlyList<PrivacySpending>?> PrivacySpentAsync(IArtifactStore store, FederationSpec spec, CancellationToken cancellationToken) =>
        await BranchPoint.FindAsync(store, spec, cancellationToken) is { } point ? BranchedState.PrivacySpent(point) : null;
}
