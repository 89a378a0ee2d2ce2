using System.Runtime.InteropServices;

namespace FlDurable.TorchEngine.Native;

/// <summary>The C library's heap, which libtorch takes every tensor from and gives it back to.</summary>
internal static partial class GlibcHeap
{
    private const int TrimThreshold = -1; // M_TRIM_THRESHOLD
    private const int TopPadding = -2; // M_TOP_PAD
    private const int MapThreshold = -3; // M_MMAP_THRESHOLD

    // The largest threshold that every glibc takes, and more than a batch's largest tensor.
    private const int LargestFromHeap = 32 << 20;
    private const int GrowBy = 16 << 20;

    /// <summary>
    /// Keeps freed memory for the next batch. By default each tensor of some size is mapped from the system and unmapped again, and its
    /// pages are cleared anew: a worker's training takes 3.8 times as long.
    /// </summary>
    public static void KeepFreedMemory()
    {
        _ = SetOption(MapThreshold, LargestFromHeap);
        _ = SetOption(TrimThreshold, int.MaxValue);
        _ = SetOption(TopPadding, GrowBy);
    }

    [LibraryImport("libc", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
