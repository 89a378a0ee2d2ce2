using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;
using System.Text;

namespace FlDurable.LocalHost.Doctor;

/// <summary>What a checkup asks the machine.</summary>
internal sealed record MachineFacts
{
    /// <summary>This machine.</summary>
    public static MachineFacts Own { get; } = new();

    /// <summary>Processors that this process may use.</summary>
    public int Cores { get; init; } = Environment.ProcessorCount;

    /// <summary>The memory that this process may use, in bytes.</summary>
    public long Memory { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The vectors that it computes with, in the manufacturer's words.</summary>
    public string Vectors { get; init; } = (Avx512F.IsSupported, Avx2.IsSupported, Fma.IsSupported, AdvSimd.IsSupported) switch
    {
        (true, _, _, _) => "AVX-512, 512-bit vectors",
        (_, true, true, _) => "AVX2 and FMA, 256-bit vectors",
        (_, _, _, true) => "Arm's Advanced SIMD, 128-bit vectors",
        _ => "no AVX2 with FMA",
    };

    /// <summary>The newest version of its interface that the system's libstdc++ has, the n of GLIBCXX_3.4.n; null where there is no such library.</summary>
    public Func<int?> CppLibrary { get; init; } = FindCppLibrary;

    /// <summary>Whether the system's C library is musl, as on Alpine.</summary>
    public bool IsMusl { get; init; } = RuntimeInformation.RuntimeIdentifier.Contains("-musl-", StringComparison.Ordinal);

    /// <summary>The bytes that this user can still write where a folder is, or would be; null where that can't be told.</summary>
    public Func<string, long?> FreeBytes { get; init; } = FindFreeBytes;

    /// <summary>The time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>The folder, or the nearest above it that is there.</summary>
    public static string Existing(string folder)
    {
        while (!Directory.Exists(folder) && Path.GetDirectoryName(folder) is { } above)
            folder = above;
        return folder;
    }

    private static long? FindFreeBytes(string folder)
    {
        try
        {
            return new DriveInfo(Existing(folder)).AvailableFreeSpace;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    private static int? FindCppLibrary()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libstdc++.so.6", out _))
            return null;
        try
        {
            var loaded = File.ReadLines("/proc/self/maps").FirstOrDefault(line => line.Contains("/libstdc++.so.6", StringComparison.Ordinal));
            return loaded is null ? null : NewestVersionIn(File.ReadAllBytes(loaded[loaded.IndexOf('/', StringComparison.Ordinal)..]));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static int? NewestVersionIn(ReadOnlySpan<byte> library)
    {
        int? newest = null;
        while (library.IndexOf("GLIBCXX_3.4."u8) is >= 0 and var at)
        {
            library = library[(at + "GLIBCXX_3.4.".Length)..];
            var digits = library.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
            if (digits > 0 && int.TryParse(Encoding.ASCII.GetString(library[..digits]), NumberStyles.None, CultureInfo.InvariantCulture, out var version))
                newest = Math.Max(newest ?? 0, version);
        }

        return newest;
    }
}
