using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

public sealed class FileArtifactStoreTests : ArtifactStoreContract, IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("fldurable-store-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    protected override IArtifactStore Open() => new FileArtifactStore(root);

    protected override Task OverwriteAsync(string name, string content) => File.WriteAllTextAsync(Path.Combine(root, name), content, Cancel);
}
