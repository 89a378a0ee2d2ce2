using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Hosting;

/// <summary>Blob storage that holds the artifacts in place of the state folder. What it connects with may be a secret, and is not shown.</summary>
/// <param name="connection">As <see cref="ArtifactStorage.Open"/> takes it.</param>
/// <param name="isNamed">Whether the command line named it, so that a command to go on must do so too.</param>
internal sealed class StorageConnection(string connection, bool isNamed)
{
    /// <summary>The environment variable that has the connection: a command line can be read by every user of a machine.</summary>
    public const string Variable = "FLDURABLE_STORAGE";

    /// <summary>Whether the command line named it.</summary>
    public bool IsNamed => isNamed;

    /// <summary>The connection that is named; else that of the environment; else null.</summary>
    public static StorageConnection? Of(string? named, Func<string, string?> environment)
    {
        if (!string.IsNullOrEmpty(named))
            return new StorageConnection(named, isNamed: true);
        return environment(Variable) is { Length: > 0 } variable ? new StorageConnection(variable, isNamed: false) : null;
    }

    /// <summary>Opens it.</summary>
    /// <exception cref="ArtifactStoreException">The connection isn't understood.</exception>
    public AzureBlobArtifactStore Open() => ArtifactStorage.Open(connection);

    /// <inheritdoc/>
    public override string ToString() => "blob storage";
}
