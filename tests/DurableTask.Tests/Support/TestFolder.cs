namespace FlDurable.DurableTask.Tests.Support;

/// <summary>A folder of a test's own.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fldurable-hub-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
