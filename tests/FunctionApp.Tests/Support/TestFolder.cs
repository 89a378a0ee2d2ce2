using System.Runtime.CompilerServices;
using FlDurable.Shared.Datasets.Library;

namespace FlDurable.FunctionApp.Tests.Support;

/// <summary>A folder of a test's own.</summary>
internal sealed class TestFolder : IDisposable
{
    // One cache of data sets for all tests, so that the user's own is left alone.
    private static readonly TestFolder Cache = new();

    public string Path { get; } = Directory.CreateTempSubdirectory("fldurable-app-").FullName;

    public string this[string name] => System.IO.Path.Combine(Path, name);

    public void Dispose() => Directory.Delete(Path, recursive: true);

    [ModuleInitializer]
    internal static void UseOwnCache()
    {
        Environment.SetEnvironmentVariable(CacheFolder.Variable, Cache.Path);
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Cache.Dispose();
    }
}
