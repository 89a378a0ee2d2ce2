using FlDurable.Shared.Storage;

namespace FlDurable.CrashingHost.Points;

/// <summary>Tells the points before each step of a file's way to the disk.</summary>
internal sealed class ObservedFiles(string root, ProgramPoints points) : IDurableFiles
{
    private readonly DurableFiles files = new();

    // To a process that dies, before writing is the same as before flushing: the file has no name.
    public ValueTask WriteAsync(FileStream file, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        files.WriteAsync(file, path, content, cancellationToken);

    public void Flush(FileStream file, string path)
    {
        points.BeforeFileStep(nameof(IDurableFiles.Flush), ArtifactOf(path));
        files.Flush(file, path);
    }

    public bool TryName(string file, string name)
    {
        points.BeforeFileStep(nameof(IDurableFiles.TryName), ArtifactOf(name));
        return files.TryName(file, name);
    }

    public void FlushEntry(string path)
    {
        points.BeforeFileStep(nameof(IDurableFiles.FlushEntry), ArtifactOf(path));
        files.FlushEntry(path);
    }

    private string ArtifactOf(string path) => Path.GetRelativePath(root, path);
}
