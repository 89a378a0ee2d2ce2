using System.Globalization;
using FlDurable.Shared.Storage;

namespace FlDurable.EmbeddedEngine.Storage;

/// <summary>
/// Makes a process the only one on a state folder, as long as it lives; a killed process leaves nothing behind that locks. What the process
/// is stands in a file beside the lock, which can be read while that is held.
/// </summary>
internal sealed class StateFolderLock : IDisposable
{
    private readonly FileStream file;

    private StateFolderLock(FileStream file) => this.file = file;

    /// <param name="folder">The folder.</param>
    /// <param name="occupation">What this process does with it, for whoever finds it taken.</param>
    /// <param name="now">Since when.</param>
    /// <exception cref="StateFolderException">Another has it, or it can't be written.</exception>
    public static StateFolderLock Take(string folder, string occupation, DateTimeOffset now)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StateFolderException($"the state folder '{folder}' can't be created: {e.Message}", e);
        }

        StateFolderException.RefuseFolder(PathIn(folder));
        StateFolderException.RefuseFolder(OwnerIn(folder));
        FileStream? file = null;
        try
        {
            file = new FileStream(PathIn(folder), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(
                OwnerIn(folder),
                string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId}, {occupation}, since {now.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC\n"));
            return new StateFolderLock(file);
        }
        catch (IOException e) when (file is null && FileLocks.IsHeldByAnother(e))
        {
            throw new StateFolderException(
                $"the state folder '{folder}' is in use by another process{Owner(folder)}; end that process or name another folder", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            file?.Dispose();
            throw new StateFolderException($"the state folder '{folder}' can't be written: {e.Message}", e);
        }
    }

    /// <summary>Whether a process has it.</summary>
    public static bool IsTaken(string folder)
    {
        try
        {
            using var free = new FileStream(PathIn(folder), FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException e) when (FileLocks.IsHeldByAnother(e))
        {
            return true;
        }
    }

    /// <summary>What the process that has it has written of itself, or the last that had it; null where there is nothing.</summary>
    public static string? FindOwner(string folder)
    {
        try
        {
            return File.ReadAllText(OwnerIn(folder)).Trim() is { Length: > 0 } owner ? owner : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null; // it has just been taken, or by a build that leaves no such file
        }
    }

    /// <summary>When it was last taken; null where nothing says so.</summary>
    public static DateTime? FindTaken(string folder)
    {
        try
        {
            return File.Exists(OwnerIn(folder)) ? File.GetLastWriteTimeUtc(OwnerIn(folder)) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose() => file.Dispose();

    private static string PathIn(string folder) => Path.Combine(folder, "engine.lock");

    private static string OwnerIn(string folder) => Path.Combine(folder, "engine.owner");

    private static string Owner(string folder) => FindOwner(folder) is { } owner ? $" ({owner})" : "";
}
