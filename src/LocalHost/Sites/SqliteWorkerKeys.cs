using System.Security.Cryptography;
using System.Text;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Sites;

/// <summary>Keys of workers: a prefix, a name and 32 random bytes. Of a key only the SHA-256 is kept: nobody guesses such bytes by their hash.</summary>
/// <param name="database">Where they are kept.</param>
/// <param name="time">The clock.</param>
/// <param name="prefix">What keys of this kind begin with.</param>
/// <param name="names">The table of those who may have keys.</param>
/// <param name="keys">The table of the keys.</param>
/// <param name="owner">The column of that which says whose a key is.</param>
internal abstract class SqliteWorkerKeys(WorkDatabase database, TimeProvider time, string prefix, string names, string keys, string owner) : IWorkerKeys
{
    private const int SecretBytes = 32;
    private const int MostKeyLength = 256;

    protected WorkDatabase Database => database;

    protected long Now => time.GetUtcNow().UtcTicks;

    public Task<string?> AddKeyAsync(string name, CancellationToken cancellationToken)
    {
        if (!ArtifactNames.IsId(name))
            throw new ArgumentException($"a name is {ArtifactNames.IdRule}", nameof(name));
        var key = $"{prefix}{name}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes))}";
        return Task.FromResult(database.Do(connection =>
        {
            if ((long)connection.Scalar($"SELECT count(*) FROM {keys} WHERE {owner} = ?1", name)! >= IWorkerKeys.MostKeys)
                return null;
            connection.Execute($"INSERT INTO {names} (name) VALUES (?1) ON CONFLICT (name) DO NOTHING", name);
            connection.Execute($"INSERT INTO {keys} (hash, {owner}, made) VALUES (?1, ?2, ?3)", Hash(key), name, Now);
            return key;
        }));
    }

    public Task<string?> FindByKeyAsync(string key, CancellationToken cancellationToken)
    {
        if (key.Length > MostKeyLength || !key.StartsWith(prefix, StringComparison.Ordinal))
            return Task.FromResult<string?>(null);

        // Looked up by its hash, of which the time it takes tells nothing that helps to find a key; and then compared as a whole.
        var hash = Hash(key);
        return Task.FromResult(database.Do(connection => connection
            .Query($"SELECT hash, {owner} FROM {keys} WHERE hash = ?1", row => (Hash: row.GetString(0), Name: row.GetString(1)), hash)
            .Where(found => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(found.Hash), Encoding.ASCII.GetBytes(hash)))
            .Select(found => found.Name)
            .FirstOrDefault()));
    }

    public Task<int?> RevokeAsync(string name, bool sparesNewest, CancellationToken cancellationToken) => Task.FromResult(database.Do<int?>(connection =>
    {
        if (connection.Scalar($"SELECT 1 FROM {names} WHERE name = ?1", name) is null)
            return null;
        var spared = sparesNewest ? (string?)connection.Scalar($"SELECT hash FROM {keys} WHERE {owner} = ?1 ORDER BY made DESC, hash LIMIT 1", name) : null;
        return connection.Execute($"DELETE FROM {keys} WHERE {owner} = ?1 AND hash IS NOT ?2", name, spared);
    }));

    private static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
}
