using System.Buffers.Binary;
using FlDurable.EmbeddedEngine.Storage;
using Microsoft.Win32.SafeHandles;

namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>
/// What was running when the process died: a small file with an entry per thread. Entries are written without a flush, since the kernel
/// keeps them when the process dies; when the machine dies, no activity is to blame. Before the threads' entries come those that earlier
/// processes left and that are still to be done. A death in it is no verdict: the process may have been killed by anyone
/// (<see cref="SuspectRunner"/>).
/// </summary>
internal sealed class FlightRecorder : IDisposable
{
    private const int HeaderLength = 16;
    private const int EntryLength = 24;

    private static readonly byte[] Signature = "FLREC001"u8.ToArray();

    private readonly FileStream file;

    // Taken once: the stream would bring its position to the system each time that it is asked.
    private readonly SafeFileHandle handle;
    private long firstEntry = HeaderLength;

    /// <param name="file">The file, of an earlier process or empty.</param>
    /// <exception cref="IOException">It can't be read.</exception>
    internal FlightRecorder(FileStream file)
    {
        this.file = file;
        Lost = Read(file);
        handle = file.SafeFileHandle;
    }

    /// <summary>What the process before was running when it died.</summary>
    public IReadOnlyList<Flight> Lost { get; }

    /// <exception cref="StateFolderException">The file can't be opened or read.</exception>
    public static FlightRecorder Open(string folder)
    {
        var path = Path.Combine(folder, "engine.running");
        StateFolderException.RefuseFolder(path);
        try
        {
            return new FlightRecorder(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StateFolderException.Unusable(path, exception);
        }
    }

    /// <summary>Begins this process's entries, and keeps of those before what is still to be done.</summary>
    /// <exception cref="StateFolderException">The file can't be written.</exception>
    public void Restart(IReadOnlyCollection<Flight> kept)
    {
        var content = new byte[HeaderLength + (kept.Count * EntryLength)];
        Signature.CopyTo(content.AsSpan());
        foreach (var (index, flight) in kept.Index())
            Write(content.AsSpan(HeaderLength + (index * EntryLength)), flight, isKept: true);
        try
        {
            file.SetLength(0);
            RandomAccess.Write(handle, content, fileOffset: 0);
        }
        catch (IOException exception)
        {
            throw StateFolderException.Unusable(file.Name, exception);
        }

        firstEntry = content.Length;
    }

    /// <summary>Notes that a thread runs an activity.</summary>
    /// <param name="thread">The thread.</param>
    /// <param name="work">The activity.</param>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void Begin(int thread, ActivityWork work)
    {
        Span<byte> entry = stackalloc byte[EntryLength];
        Write(entry, new Flight(work.Instance.Key, work.Execution.Number, work.Task, work.Deaths), isKept: false);
        RandomAccess.Write(handle, entry, firstEntry + (thread * EntryLength));
    }

    /// <summary>Notes that a thread's activity has ended.</summary>
    public void End(int thread)
    {
        Span<byte> entry = stackalloc byte[EntryLength];
        entry.Clear();
        try
        {
            RandomAccess.Write(handle, entry, firstEntry + (thread * EntryLength));
        }
        catch (IOException)
        {
            // What was done counts. At worst a death of the process is held against what had ended, and one proves nothing.
        }
    }

    public void Dispose() => file.Dispose();

    private static void Write(Span<byte> entry, Flight flight, bool isKept)
    {
        BinaryPrimitives.WriteInt64LittleEndian(entry, flight.Instance);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], flight.Execution);
        BinaryPrimitives.WriteInt32LittleEndian(entry[12..], flight.Task);
        BinaryPrimitives.WriteInt32LittleEndian(entry[16..], flight.Deaths);
        BinaryPrimitives.WriteInt32LittleEndian(entry[20..], isKept ? 1 : 0);
    }

    private static List<Flight> Read(FileStream file)
    {
        var content = new byte[file.Length];
        file.ReadExactly(content);
        var lost = new Dictionary<(long, int, int), Flight>();
        if (content.Length < HeaderLength || !content.AsSpan().StartsWith(Signature))
            return [];
        for (var entry = content.AsSpan(HeaderLength); entry.Length >= EntryLength; entry = entry[EntryLength..])
        {
            var key = BinaryPrimitives.ReadInt64LittleEndian(entry);
            if (key == 0)
                continue;
            var deaths = BinaryPrimitives.ReadInt32LittleEndian(entry[16..]);
            var isKept = BinaryPrimitives.ReadInt32LittleEndian(entry[20..]) != 0;
            var flight = new Flight(
                key, BinaryPrimitives.ReadInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadInt32LittleEndian(entry[12..]),
                isKept ? deaths : deaths + 1);
            var task = (flight.Instance, flight.Execution, flight.Task);
            if (!lost.TryGetValue(task, out var known) || known.Deaths < flight.Deaths)
                lost[task] = flight;
        }

        return [.. lost.Values];
    }
}

/// <summary>An activity that ran when the process died.</summary>
/// <param name="Instance">Its instance's key.</param>
/// <param name="Execution">The number of the execution.</param>
/// <param name="Task">The task.</param>
/// <param name="Deaths">How often the process has died while it ran.</param>
internal sealed record Flight(long Instance, int Execution, int Task, int Deaths);
