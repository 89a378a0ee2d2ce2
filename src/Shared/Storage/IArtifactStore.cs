namespace FlDurable.Shared.Storage;

/// <summary>
/// Durable blobs under write-once names. Everything that a federation knows and that is larger than a message is here. Methods may be
/// called at the same time, also from several processes.
/// </summary>
public interface IArtifactStore
{
    /// <summary>The longest part that <see cref="ReadRangeAsync"/> reads: as much as Blob Storage gives an MD5 of.</summary>
    const int MaxRangeLength = 4 << 20;

    /// <summary>
    /// Writes an artifact, or finds it written: the first writer wins. When the task completes, the artifact survives a crash and a
    /// power loss.
    /// </summary>
    /// <returns>What is there now. Whoever minds that another's content won compares <see cref="ArtifactReference.Sha256"/>.</returns>
    /// <exception cref="ArgumentException">The name is no artifact name (<see cref="ArtifactNames.IsName"/>).</exception>
    /// <exception cref="ArtifactStoreException">The store can't be written to; nothing is left half-written.</exception>
    Task<ArtifactReference> PutAsync(string name, ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>The same for whoever has hashed the content already, and is taken at its word.</summary>
    /// <inheritdoc cref="PutAsync(string, ReadOnlyMemory{byte}, CancellationToken)"/>
    /// <param name="artifact">The name and what the content is (<see cref="ArtifactReference.Of"/>).</param>
    /// <param name="content">The content.</param>
    /// <param name="cancellationToken">Stops the writing.</param>
    Task<ArtifactReference> PutAsync(ArtifactReference artifact, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        PutAsync(artifact.Name, content, cancellationToken);

    /// <summary>Reads an artifact and checks what was read against its reference. What is read is not to be changed.</summary>
    /// <exception cref="ArtifactMissingException">It is not there.</exception>
    /// <exception cref="ArtifactCorruptException">Its content is not what the reference says.</exception>
    /// <exception cref="ArtifactStoreException">The store can't be read.</exception>
    Task<byte[]> ReadAsync(ArtifactReference reference, CancellationToken cancellationToken);

    /// <summary>The same into memory of the caller's, who reads many of one length. After a failure anything may be in it.</summary>
    /// <inheritdoc cref="ReadAsync(ArtifactReference, CancellationToken)"/>
    /// <param name="reference">The artifact.</param>
    /// <param name="content">Is filled; as long as the reference says.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ArgumentException">The memory is of another length.</exception>
    async Task ReadAsync(ArtifactReference reference, Memory<byte> content, CancellationToken cancellationToken)
    {
        ArtifactContent.CheckMemory(reference, content);
        (await ReadAsync(reference, cancellationToken)).CopyTo(content);
    }

    /// <summary>
    /// Reads a part of an artifact, for whoever hands it on. A part can't be held against the whole's SHA-256: a store makes sure that it is
    /// of what the reference says, and that it arrives as it is kept, but need not read the rest. Whoever computes with what is read uses
    /// <see cref="ReadAsync(ArtifactReference, CancellationToken)"/>; whoever reads all parts in turn, <see cref="ArtifactStream"/>, or a hash of its own.
    /// </summary>
    /// <param name="reference">The artifact.</param>
    /// <param name="offset">Where the part begins.</param>
    /// <param name="part">Is filled; at most <see cref="MaxRangeLength"/> bytes.</param>
    /// <param name="cancellationToken">Stops the reading.</param>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie in the artifact, or is too long.</exception>
    /// <exception cref="ArtifactMissingException">It is not there.</exception>
    /// <exception cref="ArtifactCorruptException">What is there is not what the reference says.</exception>
    /// <exception cref="ArtifactStoreException">The store can't be read.</exception>
    Task ReadRangeAsync(ArtifactReference reference, long offset, Memory<byte> part, CancellationToken cancellationToken);

    /// <summary>What is written under a name, or null.</summary>
    /// <exception cref="ArtifactStoreException">The store can't be read.</exception>
    Task<ArtifactReference?> FindAsync(string name, CancellationToken cancellationToken);

    /// <summary>
    /// Is told that an artifact will not be read for a while, as who needs it has its content in memory. A store of files then asks the system not to keep
    /// them in memory as well; nothing becomes of an artifact that is not there.
    /// </summary>
    /// <param name="name">The artifact's name.</param>
    void Unload(string name)
    {
    }

    /// <summary>Deletes an artifact, or all of a folder. What is not there is deleted already.</summary>
    /// <param name="name">An artifact's name, or a folder's with its final <c>/</c>.</param>
    /// <param name="cancellationToken">Stops deleting; some may be deleted.</param>
    /// <exception cref="ArtifactStoreException">Not all could be deleted.</exception>
    Task DeleteAsync(string name, CancellationToken cancellationToken);
}
