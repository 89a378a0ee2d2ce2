namespace FlDurable.EmbeddedEngine.Storage;

/// <summary>Makes a process the only one on a state folder, as long as it lives; a killed process leaves nothing behind that locks.</summary>
internal sealed class StateFolderLock : IDisposable
{
    private readonly FileStream file;

    private StateFolderLock(FileStream file) => this.file = file;

    /// <exception cref="StateFolderException">Another has it, or it can't be written.</exception>
    public static StateFolderLock Take(string folder)
    {
        try
        {
            Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StateFolderException($"the state folder '{folder}' can't be created: {e.Message}", e);
        }

        try
        {
            return new StateFolderLock(new FileStream(PathIn(folder), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StateFolderException($"the state folder '{folder}' can't be written: {e.Message}", e);
        }
        catch (IOException e)
        {
            throw new StateFolderException(
                $"the state folder '{folder}' is in use by another process (or can't be written: {e.Message}); "
                + "end that process or name another folder", e);
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
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => file.Dispose();

    private static string PathIn(string folder) => Path.Combine(folder, "engine.lock");
}
