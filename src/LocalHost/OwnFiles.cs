using System.Runtime.InteropServices;

namespace FlDurable.LocalHost;

/// <summary>
/// What this process makes is its user's alone: state, cache and keys hold images, models and secrets. Only files that the user names get
/// the permissions that are usual for the user.
/// </summary>
internal static partial class OwnFiles
{
    private const UnixFileMode ReadAndWrite = (UnixFileMode)0b110_110_110;
    private const UnixFileMode Others = (UnixFileMode)0b000_111_111;

    /// <summary>From now on nobody else can read what this process makes. On Windows a user's folders are so already.</summary>
    /// <returns>The permissions that a file would have had; null where files have none.</returns>
    public static UnixFileMode? Keep() => OperatingSystem.IsWindows() ? null : ReadAndWrite & ~(UnixFileMode)Umask((uint)Others);

    [LibraryImport("libc", EntryPoint = "umask")]
    private static partial uint Umask(uint mask);
}
