using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FlDurable.Shared.Storage;

/// <summary>Makes a folder's entries survive a power loss.</summary>
public static partial class DurableFolder
{
    private const int ReadOnly = 0; // O_RDONLY, the same on every Unix

    /// <summary>Flushes a folder's entries to the disk. On Windows the file system's journal does that by itself.</summary>
    /// <exception cref="IOException">The folder can't be opened or flushed.</exception>
    public static void Flush(string folder)
    {
        if (OperatingSystem.IsWindows())
            return;

        // .NET opens files only, never folders.
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0)
            throw new IOException($"folder '{folder}' can't be opened: {Marshal.GetLastPInvokeErrorMessage()}");
        using var handle = new SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.FlushToDisk(handle);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);
}
