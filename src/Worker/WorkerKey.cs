using System.Text.RegularExpressions;
using FlDurable.Shared.Work;

namespace FlDurable.Worker;

/// <summary>A worker's key in a file that its owner alone can read. It is read anew for each request, so that it can be changed while a worker runs.</summary>
/// <param name="path">The file.</param>
/// <param name="prefix">What keys of its kind begin with.</param>
internal sealed partial class WorkerKey(string path, string prefix)
{
    private const int MaxLength = 256;
    private const UnixFileMode Others = (UnixFileMode)0b000_111_111;

    /// <summary>Reads it.</summary>
    /// <exception cref="WorkerException">The file can't be read, can be read by others, or holds no key.</exception>
    public string Read()
    {
        try
        {
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & Others) != 0)
                throw new WorkerException($"the key file '{path}' can be read by others: chmod 600 it");
            using var file = File.OpenText(path);
            var key = file.ReadLine()?.Trim() ?? "";
            return key.Length <= MaxLength && key.StartsWith(prefix, StringComparison.Ordinal) && Rest().IsMatch(key[prefix.Length..])
                ? key
                : throw new WorkerException($"the key file '{path}' holds no {Kind}, which is {prefix}NAME_ and 64 hexadecimal digits; fldurable {Command} makes one at the host");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WorkerException($"the key file '{path}' can't be read: {exception.Message}", exception);
        }
    }

    private string Kind => prefix == PoolProtocol.KeyPrefix ? "key of the pool" : "site's key";

    private string Command => prefix == PoolProtocol.KeyPrefix ? "pool add" : "sites add";

    [GeneratedRegex("^[a-z0-9-]+_[0-9a-f]{64}$", RegexOptions.CultureInvariant)]
    private static partial Regex Rest();
}
