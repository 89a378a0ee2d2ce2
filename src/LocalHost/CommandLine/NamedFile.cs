using System.Runtime.InteropServices;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>What of a file of the user's .NET does not tell: whether it is one, how many names it has, and whose it is.</summary>
/// <param name="IsRegular">Whether it holds what is written into it, as no pipe or device does.</param>
/// <param name="Names">Its names: hard links.</param>
/// <param name="Owner">Its user.</param>
/// <param name="Group">Its group.</param>
internal sealed partial record NamedFile(bool IsRegular, uint Names, uint Owner, uint Group)
{
    private const int WorkingFolder = -100; // AT_FDCWD
    private const uint BasicStats = 0x7FF; // STATX_BASIC_STATS
    private const ushort KindMask = 0xF000; // S_IFMT
    private const ushort Regular = 0x8000; // S_IFREG

    /// <summary>Looks at a file; null where there is none, or the system can't tell, as on any but Linux.</summary>
    public static NamedFile? Find(string path) => OperatingSystem.IsLinux() && StatX(WorkingFolder, path, flags: 0, BasicStats, out var stat) == 0
        ? new NamedFile((stat.Mode & KindMask) == Regular, stat.Links, stat.User, stat.Group)
        : null;

    /// <summary>Gives another file the owner and the group of this one.</summary>
    /// <returns>Whether this user may.</returns>
    public bool TryOwn(string path) => ChangeOwner(path, Owner, Group) == 0;

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, out FileStatX stat);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint owner, uint group);

    /// <summary>The system's <c>struct statx</c>, the same on every machine.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatX
    {
        [FieldOffset(16)]
        public uint Links;

        [FieldOffset(20)]
        public uint User;

        [FieldOffset(24)]
        public uint Group;

        [FieldOffset(28)]
        public ushort Mode;
    }
}
