namespace FlDurable.EmbeddedEngine.Tests.Support;

/// <summary>A folder of a test's own.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fldurable-engine-").FullName;

    public string Database => System.IO.Path.Combine(Path, "engine.db");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
