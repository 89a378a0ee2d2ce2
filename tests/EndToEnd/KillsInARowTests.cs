using System.Buffers.Binary;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>
/// A process that is killed again and again, before it comes to anything: that is held against nobody, and the federation has the result
/// that it would have had.
/// </summary>
public sealed class KillsInARowTests : IDisposable
{
    private const string Id = "killed";

    private readonly TestFolders folders = new();

    public void Dispose() => folders.Dispose();

    [Theory]
    [InlineData(3)]
    public async Task Killed_at_start_up(int times) => await KillAsync(times, () => File.Exists(Path.Combine(folders.State, "engine.db")));

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Killed_during_preparation(int times) => await KillAsync(times, () => IsActivityRunning() && !IsPrepared());

    [Fact]
    public async Task Killed_twenty_times_in_a_row() => await KillAsync(20, IsActivityRunning);

    private static string[] Arguments(string id) =>
    [
        "run", "--id", id, "--data", "synthetic:train=8000,test=100", "--clients", "4", "--rounds", "2", "--parallel", "2", "--json",
    ];

    /// <summary>Kills a run as soon as something is true, so many times, and compares what comes of the next with an undisturbed one.</summary>
    private async Task KillAsync(int times, Func<bool> when)
    {
        for (var kill = 0; kill < times; kill++)
        {
            await using var killed = folders.Start(Arguments(Id));
            await killed.WaitForFileAsync(when);
            await killed.KillAsync();
        }

        using var undisturbed = new TestFolders();
        await using var expected = undisturbed.Start(Arguments("whole"));
        await using var resumed = folders.Start(Arguments(Id));
        Assert.Equal(UninterruptedRun.Comparable(await expected.EndAsync()), UninterruptedRun.Comparable(await resumed.EndAsync()));
    }

    private bool IsPrepared() =>
        Directory.Exists(folders.Artifact("datasets"))
        && Directory.EnumerateFiles(folders.Artifact("datasets"), "manifest.json", SearchOption.AllDirectories).Any();

    /// <summary>Whether the engine's notes (<c>engine.running</c>) have an activity that runs now.</summary>
    private bool IsActivityRunning()
    {
        const int header = 16;
        const int entry = 24;
        const int instance = 0;
        const int isKept = 20;
        var file = new FileInfo(Path.Combine(folders.State, "engine.running"));
        if (!file.Exists || file.Length < header + entry)
            return false;
        using var stream = file.Open(FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var content = new byte[stream.Length];
        stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return Enumerable.Range(0, (content.Length - header) / entry).Select(index => content.AsSpan(header + (index * entry), entry).ToArray()).Any(
            one => BinaryPrimitives.ReadInt64LittleEndian(one.AsSpan(instance)) != 0 && BinaryPrimitives.ReadInt32LittleEndian(one.AsSpan(isKept)) == 0);
    }
}
