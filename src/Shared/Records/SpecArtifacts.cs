using FlDurable.Shared.Failures;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Records;

/// <summary>What a federation was started with, as an artifact.</summary>
public static class SpecArtifacts
{
    /// <summary>Reads what a federation was started with. Its data set is there as soon as that is known, wherever it is written.</summary>
    /// <exception cref="ArtifactCorruptException">It, or what says which data it has, is damaged.</exception>
    public static async Task<ResolvedSpec> ReadSpecAsync(this IArtifactStore store, ArtifactReference reference, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(reference, cancellationToken);
        return await new RecordedFederation(store, spec.Id).DecideAsync(spec, cancellationToken);
    }

    /// <summary>The same, for whoever runs the code of what it names.</summary>
    /// <exception cref="ArtifactCorruptException">It, or what says which data it has, is damaged.</exception>
    /// <exception cref="NotRegisteredException">This host has not the packages that the federation was started with.</exception>
    public static async Task<ResolvedSpec> ReadSpecAsync(
        this IArtifactStore store, ArtifactReference reference, SpecPackages packages, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(reference, cancellationToken);
        return packages.WhyNot(spec) is { } reason ? throw new NotRegisteredException(reason) : spec;
    }
}
