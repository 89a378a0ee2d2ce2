using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FlDurable.Shared.Storage;

/// <summary>What the system keeps of files in memory.</summary>
internal static partial class PageCache
{
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED, on the processors below

    /// <summary>
    /// Asks the system to forget what it keeps in memory of a file that is on the disk. That memory is then used for the next file, which is quicker than
    /// memory that has to be cleared first, or that a virtual machine has yet to be given. Elsewhere than on Linux nothing happens.
    /// </summary>
    /// <param name="file">The file. What of it is not on the disk yet stays.</param>
    public static void Drop(SafeFileHandle file)
    {
        if (OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.Arm64)
            _ = Advise(file, offset: 0, length: 0, DontNeed); // a file system that doesn't take the advice says so, and nothing is lost
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
