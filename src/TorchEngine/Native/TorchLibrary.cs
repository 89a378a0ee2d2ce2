using System.ComponentModel;
using System.Runtime.InteropServices;
using TorchSharp;

namespace FlDurable.TorchEngine.Native;

/// <summary>TorchSharp's native library: loaded once a process, and not before somebody needs it.</summary>
internal static class TorchLibrary
{
    /// <summary>The environment variable that opts in to <see cref="VersionMend"/> with the value 1.</summary>
    public const string CompatVariable = "FLDURABLE_TORCH_COMPAT";

    private const string FileName = "libLibTorchSharp.so";

    private static readonly Lazy<string?> Loading = new(Load);

    /// <summary>Why it can't be loaded in this process, and what to do; null once it is loaded.</summary>
    public static string? Problem => Loading.Value;

    private static string? Load()
    {
        var problem = LoadAsItIs();
        if (problem?.Contains(VersionMend.Version, StringComparison.Ordinal) is true)
            problem = Environment.GetEnvironmentVariable(CompatVariable) == "1" ? LoadMended() : OldStandardLibrary;
        if (problem is null && OperatingSystem.IsLinux())
            GlibcHeap.KeepFreedMemory();
        return problem;
    }

    private static string OldStandardLibrary =>
        $"TorchSharp needs {VersionMend.Version}, which this system's libstdc++ is too old for (Debian 12 and Ubuntu 22.04 are, Debian 13 and "
        + $"Ubuntu 24.04 are not); {CompatVariable}=1 loads it all the same, with that one reference mended in memory (docs/engines.md)";

    private static string? LoadAsItIs()
    {
        try
        {
            NativeLibrary.Load("LibTorchSharp", typeof(torch).Assembly, searchPath: null);
            return null;
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            return $"TorchSharp's native library can't be loaded here: {Causes(exception.Message)}";
        }
    }

    private static string? LoadMended()
    {
        try
        {
            var folder = SearchedFolders().FirstOrDefault(folder => File.Exists(Path.Combine(folder, FileName)))
                ?? throw new FileNotFoundException($"{FileName} is in none of {string.Join(", ", SearchedFolders())}");
            var image = File.ReadAllBytes(Path.Combine(folder, FileName));
            VersionMend.Apply(image);
            // What it needs is found by name, as it has no folder of its own to look in.
            foreach (var needed in (string[])["libc10.so", "libtorch_cpu.so", "libtorch.so"])
                NativeLibrary.Load(Path.Combine(folder, needed));
            MemoryLibrary.Load(FileName, image);
            return null;
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or DllNotFoundException or Win32Exception)
        {
            return $"TorchSharp's native library can't be mended for this system's libstdc++: {Causes(exception.Message)}";
        }
    }

    /// <summary>Where .NET looks for native libraries.</summary>
    private static string[] SearchedFolders() =>
        (AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>.NET's message has a line for every name and folder that it tried; those say nothing where another line does.</summary>
    private static string Causes(string message)
    {
        var lines = message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var causes = lines.Skip(1).Where(line => !line.EndsWith("No such file or directory", StringComparison.Ordinal)).ToList();
        return string.Join("; ", causes.Count > 0 ? causes : lines.Take(1));
    }
}
