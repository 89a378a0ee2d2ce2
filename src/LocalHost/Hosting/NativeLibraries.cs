using Microsoft.Data.Sqlite;
using SkiaSharp;

namespace FlDurable.LocalHost.Hosting;

/// <summary>
/// The libraries beside the program that are no .NET: SQLite's, which keeps state folders, and SkiaSharp's, which decodes images and draws. They are missing where
/// a program was copied without them, and of another version where a package of somebody else brought them.
/// </summary>
internal static class NativeLibraries
{
    /// <summary>What to do about it.</summary>
    public const string Advice =
        "copy the whole folder that dotnet publish wrote; where another package brings a library of another version (dotnet list package --include-transitive shows it: SkiaSharp.NativeAssets.*, SQLitePCLRaw.*), have all of one version";

    private static readonly (string Name, Func<string> Load)[] All =
    [
        ("SQLite", () =>
        {
            using var memory = new SqliteConnection("Data Source=:memory:");
            memory.Open();
            return memory.ServerVersion;
        }),
        ("SkiaSharp", () =>
        {
            using var nothing = SKData.CreateCopy([]);
            return SkiaSharpVersion.Native.ToString();
        }),
    ];

    /// <summary>Loads each.</summary>
    /// <returns>Of each its name, its version where it can be used, and why it can't where not.</returns>
    public static IEnumerable<(string Name, string? Version, string? WhyNot)> Load()
    {
        foreach (var (name, load) in All)
            yield return Try(name, load);
    }

    /// <summary>What a native library that is missing, or isn't the one that its managed part was made for, has to do with an exception.</summary>
    /// <returns>One sentence; null for an exception that has another reason.</returns>
    public static string? WhyNot(Exception exception)
    {
        if (exception is not (TypeInitializationException or DllNotFoundException or BadImageFormatException or EntryPointNotFoundException))
            return null;
        var reason = exception.GetBaseException();
        return reason is DllNotFoundException or BadImageFormatException or EntryPointNotFoundException || reason.Source == typeof(SKData).Assembly.GetName().Name
            ? $"a native library can't be used: {reason.Message.Split('\n')[0].TrimEnd('.', '\r', ' ')}"
            : null;
    }

    private static (string Name, string? Version, string? WhyNot) Try(string name, Func<string> load)
    {
        try
        {
            return (name, load(), null);
        }
        catch (Exception exception) when (WhyNot(exception) is { } whyNot)
        {
            return (name, null, whyNot);
        }
    }
}
