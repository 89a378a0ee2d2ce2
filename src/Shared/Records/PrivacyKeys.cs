using System.Security.Cryptography;
using FlDurable.Shared.Privacy;
using FlDurable.Shared.Storage;

namespace FlDurable.Shared.Records;

/// <summary>
/// The keys of federations with privacy: made once, before the first round, and kept with the federation, so that noise that is drawn again after
/// a crash is the noise that was drawn.
/// </summary>
public static class PrivacyKeys
{
    /// <summary>Makes a federation's key, unless it has one.</summary>
    public static async Task MakePrivacyKeyAsync(this IArtifactStore store, string id, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(ArtifactNames.PrivacyKey(id), cancellationToken) is null)
            await store.PutAsync(ArtifactNames.PrivacyKey(id), RandomNumberGenerator.GetBytes(SecretStream.KeyLength), cancellationToken);
    }

    /// <summary>Reads a federation's key.</summary>
    /// <exception cref="ArtifactMissingException">It is gone: another would draw other noise for a round that may have had its own.</exception>
    /// <exception cref="ArtifactCorruptException">It is none.</exception>
    public static async Task<byte[]> ReadPrivacyKeyAsync(this IArtifactStore store, string id, CancellationToken cancellationToken)
    {
        var name = ArtifactNames.PrivacyKey(id);
        var found = await store.FindAsync(name, cancellationToken) ?? throw new ArtifactMissingException(RecordedFederation.Lost(name), name);
        return found.Length == SecretStream.KeyLength
            ? await store.ReadAsync(found, cancellationToken)
            : throw new ArtifactCorruptException($"artifact '{name}' is damaged: it has {found.Length} bytes, expected {SecretStream.KeyLength}", name);
    }
}
