using FlDurable.Shared.Json;
using FlDurable.Shared.Texts;
using Microsoft.Win32.SafeHandles;

namespace FlDurable.EmbeddedEngine.Storage;

/// <summary>
/// The file by which others see that the process that has a state folder lives: its date is set each second, by a thread that does nothing else, however
/// long activities take. It says besides what the process can't do now. It has its whole length from the start, so that it can be written on a full
/// disk, and is no part of any history: what it says is worth something only while it is new.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    private const int Length = 4096;
    private const int MostTold = 10;
    private const int MostLetters = 500;

    // Under no instance's id stands what broke the process.
    private const string Process = "";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly Dictionary<string, string> Nothing = [];

    private readonly ManualResetEventSlim ended = new();
    private readonly SafeFileHandle file;
    private readonly Thread thread;
    private volatile IReadOnlyDictionary<string, string> waiting = Nothing;

    private Heartbeat(SafeFileHandle file)
    {
        this.file = file;
        thread = new Thread(Run) { IsBackground = true, Name = "sign of life" };
        thread.Start();
    }

    /// <summary>Begins, on a folder that this process has; null where the file can't be had, which is no reason not to work.</summary>
    /// <exception cref="StateFolderException">A folder is in the file's place.</exception>
    public static Heartbeat? Begin(string folder)
    {
        StateFolderException.RefuseFolder(PathIn(folder));
        try
        {
            return new Heartbeat(File.OpenHandle(PathIn(folder), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>When the process that has a folder, or the last that had it, gave a sign of life; null if nothing says so.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="since">When it took the folder: an earlier sign is another's, and a build that gives none may have it.</param>
    public static DateTime? FindLast(string folder, DateTime since)
    {
        try
        {
            var last = File.GetLastWriteTimeUtc(PathIn(folder));
            return last > since ? last : null; // of a file that isn't there it is a date long ago
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>What the process could not do when it gave the last sign of life, by the ids of the instances that wait for it.</summary>
    public static IReadOnlyDictionary<string, string> ReadWaiting(string folder) => Read(folder);

    /// <summary>What broke the last process that had the folder; null where it ended otherwise, or was killed.</summary>
    public static string? FindEnd(string folder) => Read(folder).GetValueOrDefault(Process);

    private static Dictionary<string, string> Read(string folder)
    {
        try
        {
            using var file = File.OpenHandle(PathIn(folder), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var content = new byte[Length];
            var length = RandomAccess.Read(file, content, fileOffset: 0);
            return ContractJson.Deserialize<Dictionary<string, string>>(content.AsSpan(0, length));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.Text.Json.JsonException)
        {
            return Nothing; // it is being written, or never was
        }
    }

    /// <summary>Has it say, with the next sign of life, what the process can't do.</summary>
    /// <param name="reasons">Why, by the ids of the instances that wait for it.</param>
    public void Tell(IEnumerable<KeyValuePair<string, string>> reasons)
    {
        var told = reasons.Take(MostTold).ToDictionary(one => one.Key, one => Excerpt.Of(one.Value, MostLetters - 1), StringComparer.Ordinal);
        waiting = told.Count == 0 ? Nothing : told;
    }

    /// <summary>Has it say, with the last sign of life, what broke the process.</summary>
    public void TellEnd(string reason) => waiting = new Dictionary<string, string> { [Process] = Excerpt.Of(reason, MostLetters - 1) };

    public void Dispose()
    {
        ended.Set();
        thread.Join();
        file.Dispose();
        ended.Dispose();
    }

    private void Run()
    {
        IReadOnlyDictionary<string, string>? written = null;
        do
        {
            written = Write(written);
            TryDo(() => File.SetLastWriteTimeUtc(file, DateTime.UtcNow)); // takes no space
        }
        while (!ended.Wait(Interval));
        Write(written);
    }

    /// <returns>What stands there now.</returns>
    private IReadOnlyDictionary<string, string>? Write(IReadOnlyDictionary<string, string>? written)
    {
        var now = waiting;
        return now != written && TryDo(() => RandomAccess.Write(file, Content(now), fileOffset: 0)) ? now : written;
    }

    /// <returns>Whether the folder could be written; else others see that there is no sign of life.</returns>
    private static bool TryDo(Action write)
    {
        try
        {
            write();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static byte[] Content(IReadOnlyDictionary<string, string> waiting)
    {
        var content = new byte[Length];
        content.AsSpan().Fill((byte)' ');
        var count = waiting.Count;
        byte[] json;
        do
            json = ContractJson.SerializeToUtf8(waiting.Take(count).ToDictionary(StringComparer.Ordinal));
        while (json.Length >= Length && count-- > 0);
        json.CopyTo(content, 0);
        content[^1] = (byte)'\n';
        return content;
    }

    private static string PathIn(string folder) => Path.Combine(folder, "engine.alive");
}
