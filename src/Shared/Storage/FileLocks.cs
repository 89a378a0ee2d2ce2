namespace FlDurable.Shared.Storage;

/// <summary>Locks between processes: a file that is open and not shared. A killed process leaves nothing behind that locks.</summary>
public static class FileLocks
{
    /// <summary>
    /// Whether a file can't be opened since another process has it: ERROR_SHARING_VIOLATION on Windows; EWOULDBLOCK elsewhere, which is 11 on Linux
    /// and 35 on macOS.
    /// </summary>
    public static bool IsHeldByAnother(IOException exception) => exception.HResult is unchecked((int)0x80070020) or 11 or 35;
}
