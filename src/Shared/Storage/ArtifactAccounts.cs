using System.Text.Json;
using FlDurable.Shared.Json;

namespace FlDurable.Shared.Storage;

/// <summary>
/// Storage accounts of others that artifacts may be read from: each organisation keeps its clients' data in its own. A reference has an
/// account's name, and the host's configuration what that stands for. So whoever writes references can make no host read, or sign in, where
/// its operator didn't mean it to.
/// </summary>
public sealed class ArtifactAccounts
{
    /// <summary>The environment variable that has them: a JSON object from names to connections, as <see cref="ArtifactStorage.Open"/> takes them.</summary>
    public const string Variable = "FLDURABLE_ACCOUNTS";

    /// <summary>Nobody else's.</summary>
    public static readonly ArtifactAccounts None = new(new Dictionary<string, AzureBlobArtifactStore>());

    private readonly IReadOnlyDictionary<string, AzureBlobArtifactStore> accounts;

    private ArtifactAccounts(IReadOnlyDictionary<string, AzureBlobArtifactStore> accounts) => this.accounts = accounts;

    /// <summary>Opens the accounts. Nothing is sent before the first reading.</summary>
    /// <param name="json">The content of <see cref="Variable"/>; null or empty is <see cref="None"/>.</param>
    /// <exception cref="ArtifactStoreException">It isn't understood. The message repeats no connection: it may hold a key.</exception>
    public static ArtifactAccounts Parse(string? json) => string.IsNullOrEmpty(json)
        ? None
        : new ArtifactAccounts(Read(json).ToDictionary(account => account.Key, account => Open(account.Key, account.Value)));

    /// <summary>A store that reads a reference with an account there, and does all else in its own.</summary>
    public IArtifactStore Join(IArtifactStore own) => new JoinedArtifactStore(own, accounts);

    private static Dictionary<string, string?> Read(string json)
    {
        try
        {
            return ContractJson.Deserialize<Dictionary<string, string?>>(json);
        }
        catch (JsonException)
        {
            // Without the cause, whose message may repeat a part of a connection.
            throw new ArtifactStoreException(
                """expected JSON like {"hospital-7":"https://ACCOUNT.blob.core.windows.net/CONTAINER"}""");
        }
    }

    private static AzureBlobArtifactStore Open(string name, string? connection)
    {
        if (!ArtifactNames.IsId(name))
            throw new ArtifactStoreException($"expected the name of an account to be {ArtifactNames.IdRule}");
        try
        {
            return ArtifactStorage.Open(connection ?? "");
        }
        catch (ArtifactStoreException exception)
        {
            throw new ArtifactStoreException($"account '{name}': {exception.Message}");
        }
    }
}
