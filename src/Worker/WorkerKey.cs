using System.Text.RegularExpressions;
using FlDurable.Shared.Work;

namespace FlDurable.Worker;

/// <summary>A site's key in a file that its owner alone can read. It is read anew for each request, so that it can be changed while a worker runs.</summary>
/// <param name="path">The file.</param>
internal sealed partial class WorkerKey(string path)
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
            return key.Length <= MaxLength && Whole().IsMatch(key)
                ? key
                : throw new WorkerException($"the key file '{path}' holds no site's key, which is {WorkProtocol.KeyPrefix}NAME_ and 64 hexadecimal digits; fldurable sites add makes one at the host");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new WorkerException($"the key file '{path}' can't be read: {exception.Message}", exception);
        }
    }

    [GeneratedRegex($"^{WorkProtocol.KeyPrefix}[a-z0-9-]+_[0-9a-f]{{64}}$", RegexOptions.CultureInvariant)]
    private static partial Regex Whole();
}
