using System.Security.Cryptography;
using System.Text;
using FlDurable.Shared.Storage;
using Microsoft.Data.Sqlite;

namespace FlDurable.LocalHost.Sites;

/// <summary>Keys of workers: a prefix, a name and 32 random bytes. Of a key only the SHA-256 is kept: nobody guesses such bytes by their hash.</summary>
internal static class WorkerSecret
{
    private const int Bytes = 32;
    private const int MostLength = 256;

    /// <summary>Makes a key.</summary>
    /// <param name="prefix">What keys of its kind begin with.</param>
    /// <param name="name">Whose it is.</param>
    public static string Make(string prefix, string name) => ArtifactNames.IsId(name)
        ? $"{prefix}{name}_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(Bytes))}"
        : throw new ArgumentException($"a name is {ArtifactNames.IdRule}", nameof(name));

    /// <summary>What is kept of a key.</summary>
    public static string Hash(string key) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)));

    /// <summary>Whose key it is.</summary>
    /// <param name="connection">The database.</param>
    /// <param name="key">The key.</param>
    /// <param name="prefix">What keys of its kind begin with.</param>
    /// <param name="sql">Gives the hash and the name by the hash, <c>?1</c>.</param>
    /// <returns>Null if it is nobody's.</returns>
    public static string? Find(SqliteConnection connection, string key, string prefix, string sql)
    {
        if (key.Length > MostLength || !key.StartsWith(prefix, StringComparison.Ordinal))
            return null;

        // Looked up by its hash, of which the time it takes tells nothing that helps to find a key; and then compared as a whole.
        var hash = Hash(key);
        return connection
            .Query(sql, row => (Hash: row.GetString(0), Name: row.GetString(1)), hash)
            .Where(found => CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(found.Hash), Encoding.ASCII.GetBytes(hash)))
            .Select(found => found.Name)
            .FirstOrDefault();
    }
}
