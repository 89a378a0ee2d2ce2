using FlDurable.Shared.Storage;

namespace FlDurable.Faults.Tests.Support;

/// <summary>A disk that is full at some steps of files' ways to it: what is written then is written in part.</summary>
/// <param name="isFull">Whether it is full at a step, by its number from 1.</param>
internal sealed class FullDisk(Func<int, bool> isFull) : IDurableFiles
{
    public const string Reason = "No space left on device";

    private const int NoSpace = 28; // ENOSPC, the same on every Unix

    private readonly DurableFiles files = new();
    private int steps;

    /// <summary>How many steps there were.</summary>
    public int Steps => steps;

    public async ValueTask WriteAsync(FileStream file, string path, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (IsFull())
        {
            await files.WriteAsync(file, path, content[..(content.Length / 2)], cancellationToken);
            throw Full();
        }

        await files.WriteAsync(file, path, content, cancellationToken);
    }

    public void Flush(FileStream file, string path)
    {
        ThrowIfFull();
        files.Flush(file, path);
    }

    public bool TryName(string file, string name)
    {
        ThrowIfFull();
        return files.TryName(file, name);
    }

    public void FlushEntry(string path)
    {
        ThrowIfFull();
        files.FlushEntry(path);
    }

    private bool IsFull() => isFull(Interlocked.Increment(ref steps));

    private void ThrowIfFull()
    {
        if (IsFull())
            throw Full();
    }

    private static IOException Full() => new(Reason, NoSpace);
}
