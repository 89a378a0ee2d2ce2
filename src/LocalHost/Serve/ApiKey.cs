using System.Security.Cryptography;
using System.Text;
using FlDurable.LocalHost.CommandLine;

namespace FlDurable.LocalHost.Serve;

/// <summary>
/// What a caller must know. It is made once and kept in a file of the state folder that its owner alone can read; only its hash is kept
/// in memory.
/// </summary>
internal sealed class ApiKey
{
    private const string FileName = "api.key";
    private const int KeyBytes = 32;
    private const int MinLength = 32;
    private const int MaxLength = 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others = (UnixFileMode)0b000_111_111;

    private readonly byte[] hash;

    private ApiKey(string key) => hash = Hash(key);

    /// <summary>Reads the state folder's key, or makes it, and the folder too.</summary>
    /// <param name="stateFolder">The folder.</param>
    /// <param name="made">The key if it was made now, to be shown this once; else null.</param>
    /// <exception cref="UsageException">The file can't be used, or others can read it.</exception>
    public static ApiKey Open(string stateFolder, out string? made)
    {
        var path = PathIn(stateFolder);
        try
        {
            made = File.Exists(path) ? null : Make(path);
            return new ApiKey(made ?? Read(path));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"the key file '{path}' can't be used: {exception.Message}", exception);
        }
    }

    /// <summary>Where a state folder's key is.</summary>
    public static string PathIn(string stateFolder) => Path.Combine(stateFolder, FileName);

    /// <summary>Whether this is the key. How long that takes says nothing about it.</summary>
    public bool Is(string? candidate) =>
        candidate is { Length: > 0 and <= MaxLength } && CryptographicOperations.FixedTimeEquals(Hash(candidate), hash);

    private static string Make(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!); // on a task hub nothing else is in the folder
        var key = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(KeyBytes));
        var file = WholeFile.OfState with { KeepsOlder = true, Mode = OwnerOnly };
        file.TryWrite(path, Encoding.ASCII.GetBytes(key + "\n"));
        return key;
    }

    private static string Read(string path)
    {
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
            throw new UsageException($"the key file '{path}' can be read by others: chmod 600 it, or delete it to get a new key");
        using var file = File.OpenText(path);
        var key = file.ReadLine()?.Trim() ?? "";
        return key.Length is >= MinLength and <= MaxLength
            ? key
            : throw new UsageException($"the key file '{path}' holds no key of {MinLength} characters or more: delete it to get a new key");
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
