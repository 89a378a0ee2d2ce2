using System.IO.MemoryMappedFiles;
using System.Runtime.InteropServices;
using FlDurable.Shared.Storage;

namespace FlDurable.Storage.Tests;

public sealed partial class FileArtifactStoreTests : ArtifactStoreContract, IDisposable
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

    [Fact]
    public async Task The_system_keeps_nothing_in_memory_of_what_is_unloaded()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "there is no such advice elsewhere");
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, $"unloaded-{Guid.NewGuid():N}")).FullName;
        try
        {
            Assert.SkipWhen(new DriveInfo(folder).DriveFormat == "tmpfs", "its files are nowhere but in memory");
            var content = new byte[1 << 20];
            new Random(1).NextBytes(content);
            var store = new FileArtifactStore(folder);
            var (kept, unloaded) = (await store.PutAsync("a/kept", content, Cancel), await store.PutAsync("a/unloaded", content, Cancel));

            store.Unload(unloaded.Name);

            Assert.True(PagesInMemory(Path.Combine(folder, kept.Name)) > 0);
            Assert.Equal(0, PagesInMemory(Path.Combine(folder, unloaded.Name)));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>How many pages of a file the system has in memory.</summary>
    private static unsafe int PagesInMemory(string path)
    {
        var pages = new byte[(new FileInfo(path).Length + Environment.SystemPageSize - 1) / Environment.SystemPageSize];
        using var file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        using var view = file.CreateViewAccessor(0, 0, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            Assert.Equal(0, ArePagesInMemory(start, (nuint)new FileInfo(path).Length, pages));
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }

        return pages.Count(page => (page & 1) != 0);
    }

    [LibraryImport("libc", EntryPoint = "mincore")]
    private static unsafe partial int ArePagesInMemory(byte* start, nuint length, byte[] pages);

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
