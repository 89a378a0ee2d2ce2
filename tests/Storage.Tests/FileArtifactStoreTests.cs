using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

public sealed class FileArtifactStoreTests : ArtifactStoreContract, IDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("fldurable-store-").FullName;

    public void Dispose() => Directory.Delete(root, recursive: true);

    [Fact]
    public async Task A_folder_is_deleted_while_others_still_write_into_it()
    {
        var store = Open();
        var gone = Path.Combine(root, "updates", "gone");
        using var over = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var writing = Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
                WriteUnlessGone(Path.Combine(gone, "late"));
        }, CancellationToken.None);

        for (var time = 0; time < 50; time++)
        {
            for (var round = 0; round < 20; round++)
                await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(Path.Combine(gone, $"{round}")).FullName, "update"), "", Cancel);
            await store.DeleteAsync("updates/gone/", Cancel);
        }

        await over.CancelAsync();
        await writing;
    }

    private static void WriteUnlessGone(string path)
    {
        try
        {
            File.WriteAllText(path, "");
        }
        catch (IOException exception) when (exception is DirectoryNotFoundException or FileNotFoundException)
        {
            // It goes, or is not there yet.
        }
    }

    protected override IArtifactStore Open() => new FileArtifactStore(root);

    protected override Task OverwriteAsync(string name, string content) => File.WriteAllTextAsync(Path.Combine(root, name), content, Cancel);
}
