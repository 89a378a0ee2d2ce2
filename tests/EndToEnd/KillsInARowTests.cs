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

    private string Notes => Path.Combine(folders.State, "engine.running");

    [Fact]
    public async Task Killed_at_start_up()
    {
        for (var kill = 0; kill < 3; kill++)
            await KillAsync(() => true);

        await AssertNothingIsLostAsync();
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(20)]
    public async Task Killed_while_an_activity_runs(int times)
    {
        while (MostDeaths() < times)
            await KillAsync(() => ReadNotes().Any(flight => !flight.IsKept));

        var end = await AssertNothingIsLostAsync();
        Assert.Contains("runs in a process of its own", end.Error, StringComparison.Ordinal);
    }

    private static string[] Arguments(string id) =>
    [
        "run", "--id", id, "--data", "synthetic:train=8000,test=100", "--clients", "4", "--rounds", "2", "--parallel", "2", "--json", "--verbose",
    ];

    /// <summary>Kills a run as soon as it has opened the folder and something is true of what it has noted there itself.</summary>
    private async Task KillAsync(Func<bool> when)
    {
        // A killed process leaves its notes; the next begins them anew.
        var before = File.GetLastWriteTimeUtc(Notes);
        await using var killed = folders.Start(Arguments(Id));
        await killed.WaitForFileAsync(() => File.GetLastWriteTimeUtc(Notes) != before && when());
        await killed.KillAsync();
    }

    /// <summary>Compares what comes of the next run with an undisturbed one.</summary>
    private async Task<ProcessEnd> AssertNothingIsLostAsync()
    {
        using var undisturbed = new TestFolders();
        await using var expected = undisturbed.Start(Arguments("whole"));
        await using var resumed = folders.Start(Arguments(Id));
        var end = await resumed.EndAsync();
        Assert.Equal(UninterruptedRun.Comparable(await expected.EndAsync()), UninterruptedRun.Comparable(end));
        return end;
    }

    /// <summary>How many processes have died while one and the same activity ran in them.</summary>
    private int MostDeaths() =>
        File.Exists(Notes) ? ReadNotes().Select(flight => flight.IsKept ? flight.Deaths : flight.Deaths + 1).DefaultIfEmpty().Max() : 0;

    /// <summary>What the engine's notes (<c>engine.running</c>) have of activities that run, or that ran when a process before died.</summary>
    private List<(int Deaths, bool IsKept)> ReadNotes()
    {
        const int header = 16;
        const int entry = 24;
        using var stream = File.Open(Notes, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var content = new byte[stream.Length];
        stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false);
        return
        [
            .. content.Skip(header).Chunk(entry)
                .Where(flight => flight.Length == entry && BinaryPrimitives.ReadInt64LittleEndian(flight) != 0)
                .Select(flight => (
                    BinaryPrimitives.ReadInt32LittleEndian(flight.AsSpan(16)), BinaryPrimitives.ReadInt32LittleEndian(flight.AsSpan(20)) != 0)),
        ];
    }
}
