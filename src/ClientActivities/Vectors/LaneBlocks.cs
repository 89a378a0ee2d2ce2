using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace FlDurable.ClientActivities.Vectors;

/// <summary>
/// Blocks of memory that networks gave back, for the networks to come. The system would clear every page anew, which takes as long as
/// evaluating some hundred images. Of blocks that nobody takes only so much is kept: a host outlives many networks, each with sizes of its own.
/// </summary>
/// <param name="mostBytes">How much is kept at most.</param>
internal sealed unsafe class LaneBlocks(long mostBytes)
{
    private const int Alignment = 64; // a cache line
    private const int ShareOfMemory = 8;

    private readonly ConcurrentDictionary<nuint, ConcurrentStack<nint>> free = new();
    private long kept;

    /// <summary>Keeps an eighth of the memory that this process may have.</summary>
    public LaneBlocks()
        : this(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ShareOfMemory)
    {
    }

    ~LaneBlocks()
    {
        foreach (var size in free.Keys)
            Drop(size, mostLeft: 0);
    }

    /// <summary>How many bytes wait for somebody to take them.</summary>
    public long Kept => Interlocked.Read(ref kept);

    /// <summary>A block, with whatever is in it.</summary>
    public nint Take(nuint bytes)
    {
        if (!free.TryGetValue(bytes, out var blocks) || !blocks.TryPop(out var block))
            return Allocate(bytes);
        Interlocked.Add(ref kept, -(long)bytes);
        return block;
    }

    /// <summary>
    /// Keeps a block for the next one who takes as much. Where that is too much, blocks of other sizes go first: theirs may be a network that
    /// is gone.
    /// </summary>
    public void GiveBack(nint block, nuint bytes)
    {
        free.GetOrAdd(bytes, _ => new()).Push(block);
        if (Interlocked.Add(ref kept, (long)bytes) <= mostBytes)
            return;
        foreach (var size in free.Keys.Where(size => size != bytes))
            Drop(size, mostBytes);
        Drop(bytes, mostBytes);
    }

    /// <summary>A block from the system.</summary>
    public static nint Allocate(nuint bytes) => (nint)NativeMemory.AlignedAlloc(bytes, Alignment);

    /// <summary>Gives a block back to the system.</summary>
    public static void Free(nint block) => NativeMemory.AlignedFree((void*)block);

    /// <summary>Frees blocks of a size until no more than so much of all is kept.</summary>
    private void Drop(nuint size, long mostLeft)
    {
        while (Kept > mostLeft && free[size].TryPop(out var block))
        {
            Free(block);
            Interlocked.Add(ref kept, -(long)size);
        }
    }
}
