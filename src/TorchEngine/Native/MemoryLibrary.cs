using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FlDurable.TorchEngine.Native;

/// <summary>Loads a library that is nowhere on disk (Linux).</summary>
internal static partial class MemoryLibrary
{
    private const uint CloseOnExec = 1;

    /// <summary>Loads an image. Whoever asks for the library's own name (DT_SONAME) from then on gets it.</summary>
    /// <param name="name">What it is called in <c>/proc/self/maps</c>.</param>
    /// <param name="image">The library.</param>
    /// <exception cref="Win32Exception">The system has no memory file.</exception>
    /// <exception cref="DllNotFoundException">The dynamic linker refuses it.</exception>
    public static void Load(string name, ReadOnlySpan<byte> image)
    {
        var descriptor = CreateMemoryFile(name, CloseOnExec);
        if (descriptor < 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        using var file = new SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.Write(file, image, fileOffset: 0);
        NativeLibrary.Load($"/proc/self/fd/{descriptor}");
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);
}
