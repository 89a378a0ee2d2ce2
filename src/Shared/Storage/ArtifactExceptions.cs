namespace FlDurable.Shared.Storage;

/// <summary>The store can't do what it is asked: no access, no space, no connection.</summary>
public class ArtifactStoreException(string message, Exception? innerException = null) : Exception(message, innerException);

/// <summary>An artifact that is referred to is not there.</summary>
public sealed class ArtifactMissingException(string message) : ArtifactStoreException(message);

/// <summary>An artifact's content is not what its reference says.</summary>
public sealed class ArtifactCorruptException(string message) : ArtifactStoreException(message);
