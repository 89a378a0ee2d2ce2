namespace FlDurable.Shared.Storage;

/// <summary>The store can't do what it is asked: no access, no space, no connection.</summary>
public class ArtifactStoreException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>An artifact that is referred to is not there.</summary>
/// <param name="message">Which, and where it should be.</param>
/// <param name="artifact">Its name.</param>
public sealed class ArtifactMissingException(string message, string? artifact = null) : ArtifactStoreException(message)
{
    /// <summary>Its name, where that is known.</summary>
    public string? Artifact { get; } = artifact;
}

/// <summary>An artifact's content is not what its reference says.</summary>
/// <param name="message">Which, and what is wrong with it.</param>
/// <param name="artifact">Its name.</param>
public sealed class ArtifactCorruptException(string message, string? artifact = null) : ArtifactStoreException(message)
{
    /// <summary>Its name, where that is known.</summary>
    public string? Artifact { get; } = artifact;
}
