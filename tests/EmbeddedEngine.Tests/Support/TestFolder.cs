namespace FlDurable.EmbeddedEngine.Tests.Support;

/// <summary>A folder of a test's own.</summary>
internal sealed class TestFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("fldurable-engine-").FullName;

    public string Database => System.IO.Path.Combine(Path, "engine.db");

    /// <summary>
    /// The folder as it would be found if this process were killed now. (What is running here goes on; a killed process differs from it
    /// only in what it does later.)
    /// </summary>
    public TestFolder AfterKill()
    {
        var copy = new TestFolder();
        foreach (var file in Directory.EnumerateFiles(Path).Where(file => System.IO.Path.GetExtension(file) != ".lock"))
        {
            using var from = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var to = File.Create(System.IO.Path.Combine(copy.Path, System.IO.Path.GetFileName(file)));
            from.CopyTo(to);
        }

        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
