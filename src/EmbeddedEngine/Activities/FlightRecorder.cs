using System.Buffers.Binary;

namespace FlDurable.EmbeddedEngine.Activities;

/// <summary>
/// What was running when the process died: a small file with an entry per slot. Entries are written without a flush, since the kernel
/// keeps them when the process dies; when the machine dies, no activity is to blame.
/// </summary>
internal sealed class FlightRecorder : IDisposable
{
    private const int HeaderLength = 16;
    private const int EntryLength = 24;

    private static readonly byte[] Signature = "FLREC001"u8.ToArray();

    private readonly FileStream file;
    private bool hasProgress;

    private FlightRecorder(FileStream file, IReadOnlyList<Flight> lost)
    {
        this.file = file;
        Lost = lost;
    }

    /// <summary>What the process before was running when it died.</summary>
    public IReadOnlyList<Flight> Lost { get; }

    public static FlightRecorder Open(string folder)
    {
        var file = new FileStream(
            Path.Combine(folder, "engine.running"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        return new FlightRecorder(file, Read(file));
    }

    /// <summary>Forgets the process before, once the engine has acted on what it lost.</summary>
    public void Clear()
    {
        file.SetLength(0);
        Span<byte> header = stackalloc byte[HeaderLength];
        header.Clear();
        Signature.CopyTo(header);
        RandomAccess.Write(file.SafeFileHandle, header, fileOffset: 0);
    }

    /// <summary>Notes that an activity's result was committed, so that what runs now does not stop everything.</summary>
    public void NoteProgress()
    {
        if (hasProgress)
            return;
        hasProgress = true;
        RandomAccess.Write(file.SafeFileHandle, [1], fileOffset: Signature.Length);
    }

    /// <summary>Notes that a slot runs an activity.</summary>
    /// <param name="slot">The slot.</param>
    /// <param name="work">The activity.</param>
    public void Begin(int slot, ActivityWork work)
    {
        Span<byte> entry = stackalloc byte[EntryLength];
        BinaryPrimitives.WriteInt64LittleEndian(entry, work.Instance.Key);
        BinaryPrimitives.WriteInt32LittleEndian(entry[8..], work.Execution.Number);
        BinaryPrimitives.WriteInt32LittleEndian(entry[12..], work.Task);
        BinaryPrimitives.WriteInt32LittleEndian(entry[16..], work.Deaths);
        RandomAccess.Write(file.SafeFileHandle, entry, HeaderLength + (slot * EntryLength));
    }

    /// <summary>Notes that a slot's activity has ended.</summary>
    public void End(int slot)
    {
        Span<byte> entry = stackalloc byte[EntryLength];
        entry.Clear();
        RandomAccess.Write(file.SafeFileHandle, entry, HeaderLength + (slot * EntryLength));
    }

    public void Dispose() => file.Dispose();

    private static List<Flight> Read(FileStream file)
    {
        var content = new byte[file.Length];
        file.ReadExactly(content);
        var lost = new List<Flight>();
        if (content.Length < HeaderLength || !content.AsSpan().StartsWith(Signature))
            return lost;
        var hadProgress = content[Signature.Length] != 0;
        for (var entry = content.AsSpan(HeaderLength); entry.Length >= EntryLength; entry = entry[EntryLength..])
        {
            var key = BinaryPrimitives.ReadInt64LittleEndian(entry);
            if (key == 0)
                continue;
            var deathsBefore = hadProgress ? 0 : BinaryPrimitives.ReadInt32LittleEndian(entry[16..]);
            lost.Add(new Flight(
                key, BinaryPrimitives.ReadInt32LittleEndian(entry[8..]), BinaryPrimitives.ReadInt32LittleEndian(entry[12..]),
                deathsBefore + 1));
        }

        return lost;
    }
}

/// <summary>An activity that ran when the process died.</summary>
/// <param name="Instance">Its instance's key.</param>
/// <param name="Execution">The number of the execution.</param>
/// <param name="Task">The task.</param>
/// <param name="Deaths">How often in a row the process has died during it, with no progress committed in between.</param>
internal sealed record Flight(long Instance, int Execution, int Task, int Deaths);
