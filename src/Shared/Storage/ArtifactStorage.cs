using System.Text.RegularExpressions;
using Azure.Identity;
using Azure.Storage.Blobs;

namespace FlDurable.Shared.Storage;

/// <summary>Opens the artifact store that a connection names.</summary>
public static partial class ArtifactStorage
{
    private const string Expected =
        "expected UseDevelopmentStorage=true or a storage account's connection string, each with ;Container=NAME if wanted, "
        + "or https://ACCOUNT.blob.core.windows.net[/CONTAINER]";

    private const string ContainerKey = "Container";

    /// <summary>Opens blob storage. Nothing is sent before the first call of the store.</summary>
    /// <param name="connection">
    /// A connection string (<c>UseDevelopmentStorage=true</c> is Azurite on this machine), in which <c>Container=NAME</c> may name the
    /// container, or the https URL of an account or container,
    /// where <see cref="DefaultAzureCredential"/> signs in.
    /// </param>
    /// <param name="options">The container's name and the retries; null for the defaults.</param>
    /// <exception cref="ArtifactStoreException">The connection isn't understood. The message doesn't repeat it: it may hold a key.</exception>
    public static AzureBlobArtifactStore Open(string connection, AzureBlobStorageOptions? options = null) => new(OpenContainer(connection, options));

    /// <summary>The container that a connection names, for what lies beside the artifacts. Nothing is sent before it is used.</summary>
    /// <inheritdoc cref="Open"/>
    public static BlobContainerClient OpenContainer(string connection, AzureBlobStorageOptions? options = null)
    {
        options ??= new AzureBlobStorageOptions();
        return IsUrl(connection) ? ByUrl(connection, options) : ByConnectionString(connection, options);
    }

    /// <summary>
    /// The connection without its container, for what else is in the account: as the SDK takes it, or the URL of the account's blob service.
    /// </summary>
    /// <exception cref="ArtifactStoreException">The connection isn't understood.</exception>
    public static string AccountOf(string connection)
    {
        Open(connection);
        return IsUrl(connection) ? new UriBuilder(connection) { Path = "" }.Uri.AbsoluteUri : WithoutContainer(connection).Account;
    }

    private static bool IsUrl(string connection) =>
        connection.Contains("://", StringComparison.Ordinal) && !connection.Contains(';', StringComparison.Ordinal);

    private static BlobContainerClient ByUrl(string url, AzureBlobStorageOptions options)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var uri))
            throw new ArtifactStoreException($"the storage connection is no URL: {Expected}");
        if (uri.Scheme != Uri.UriSchemeHttps)
            throw new ArtifactStoreException($"the storage URL is {uri.Scheme}, which would show the sign-in to anyone: {Expected}");
        if (uri.Query.Length > 0 || uri.UserInfo.Length > 0)
            throw new ArtifactStoreException($"the storage URL holds a signature or password, which is not used: {Expected}");

        var parts = new BlobUriBuilder(uri);
        if (parts.BlobName.Length > 0)
            throw new ArtifactStoreException($"the storage URL goes on after the container: {Expected}");
        if (parts.BlobContainerName.Length == 0)
            parts.BlobContainerName = options.Container;
        CheckContainer(parts.BlobContainerName);
        return new BlobContainerClient(parts.ToUri(), new DefaultAzureCredential(), options.ToClientOptions());
    }

    private static BlobContainerClient ByConnectionString(string connectionString, AzureBlobStorageOptions options)
    {
        var (account, named) = WithoutContainer(connectionString);
        var container = named ?? options.Container;
        CheckContainer(container);
        try
        {
            return new BlobContainerClient(account, container, options.ToClientOptions());
        }
        catch (Exception exception) when (exception is FormatException or ArgumentException or InvalidOperationException)
        {
            // Without the cause, whose message may repeat a part of the connection.
            throw new ArtifactStoreException($"the storage connection isn't understood: {Expected}");
        }
    }

    /// <summary>Storage accounts' connection strings have no word for a container, and the SDK refuses one that is there.</summary>
    private static (string Account, string? Container) WithoutContainer(string connectionString)
    {
        var parts = connectionString.Split(';');
        var named = parts.Where(IsContainer).ToList();
        return named.Count switch
        {
            0 => (connectionString, null),
            1 => (string.Join(';', parts.Where(part => !IsContainer(part)).Select(part => part.Trim())), named[0].Trim()[(ContainerKey.Length + 1)..].Trim()),
            _ => throw new ArtifactStoreException($"the storage connection names {named.Count} containers: {Expected}"),
        };

        static bool IsContainer(string part) => part.TrimStart().StartsWith($"{ContainerKey}=", StringComparison.OrdinalIgnoreCase);
    }

    private static void CheckContainer(string name)
    {
        if (name.Length is < 3 or > 63 || !Container().IsMatch(name))
            throw new ArtifactStoreException($"'{name}' is no container's name: expected 3 to 63 of a-z, 0-9 and single inner dashes");
    }

    [GeneratedRegex(@"^[a-z0-9]+(-[a-z0-9]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Container();
}
