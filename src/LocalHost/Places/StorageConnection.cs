using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Places;

/// <summary>Blob storage that holds the artifacts in place of the state folder. What it connects with may be a secret, and is not shown.</summary>
/// <param name="connection">As <see cref="ArtifactStorage.Open"/> takes it.</param>
/// <param name="isNamed">Whether the command line named it, so that a command to go on must do so too.</param>
internal sealed class StorageConnection(string connection, bool isNamed)
{
    /// <summary>The environment variable that has the connection: a command line can be read by every user of a machine.</summary>
    public const string Variable = "FLDURABLE_STORAGE";

    private const string Azurite = "UseDevelopmentStorage=true";

    /// <summary>Whether the command line named it.</summary>
    public bool IsNamed => isNamed;

    /// <summary>The account that the container is in.</summary>
    public string Account => ArtifactStorage.AccountOf(connection);

    /// <summary>The connection that is named; else that of the environment; else null.</summary>
    /// <exception cref="ArtifactStoreException">It isn't understood.</exception>
    public static StorageConnection? Of(string? named, Func<string, string?> environment)
    {
        var (connection, isNamed) = named is null ? (environment(Variable), false) : (named, true);
        if (connection is null || (connection.Length == 0 && !isNamed))
            return null;
        ArtifactStorage.Open(connection);
        return new StorageConnection(connection, isNamed);
    }

    /// <summary>Opens it.</summary>
    /// <param name="options">The retries; null for the defaults.</param>
    /// <exception cref="ArtifactStoreException">The connection isn't understood.</exception>
    public AzureBlobArtifactStore Open(AzureBlobStorageOptions? options = null) => ArtifactStorage.Open(connection, options);

    /// <summary>Opens the work that is offered beside the artifacts.</summary>
    /// <param name="queues">The account whose queues tell of it.</param>
    /// <exception cref="ArtifactStoreException">A connection isn't understood.</exception>
    public WorkAccount OpenWork(string queues) => WorkAccount.Open(connection, queues);

    /// <summary>Names it to a process that is to be started.</summary>
    public void GiveTo(IDictionary<string, string?> environment) => environment[Variable] = connection;

    /// <summary>The connection where it can't hold a secret, else a word that stands for it.</summary>
    public override string ToString() =>
        connection == Azurite || connection.StartsWith("https://", StringComparison.Ordinal) ? connection : "CONNECTION";
}
