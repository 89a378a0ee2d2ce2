using FlDurable.Shared.Datasets.Library;
using FlDurable.Worker.Tests.Support;

[assembly: AssemblyFixture(typeof(TestCache))]

namespace FlDurable.Worker.Tests.Support;

/// <summary>A cache of data sets for this run of the tests, so that the user's own is left alone.</summary>
public sealed class TestCache : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("fldurable-cache-");

    public TestCache() => Environment.SetEnvironmentVariable(CacheFolder.Variable, folder.FullName);

    public void Dispose() => folder.Delete(recursive: true);
}
