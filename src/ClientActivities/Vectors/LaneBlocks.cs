using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace FlDurable.ClientActivities.Vectors;

/// <summary>
/// Blocks of memory that networks gave back, for the networks to come. The system would clear every page anew, which takes as long as
/// evaluating some hundred images.
/// </summary>
internal sealed unsafe class LaneBlocks
{
    private const int Alignment = 64; // a cache line

    private readonly ConcurrentDictionary<nuint, ConcurrentStack<nint>> free = new();

    ~LaneBlocks()
    {
        foreach (var block in free.Values.SelectMany(blocks => blocks))
            Free(block);
    }

    /// <summary>A block, with whatever is in it.</summary>
    public nint Take(nuint bytes) =>
        free.TryGetValue(bytes, out var blocks) && blocks.TryPop(out var block) ? block : Allocate(bytes);

    /// <summary>Keeps a block for the next one who takes as much.</summary>
    public void GiveBack(nint block, nuint bytes) => free.GetOrAdd(bytes, _ => new()).Push(block);

    /// <summary>A block from the system.</summary>
    public static nint Allocate(nuint bytes) => (nint)NativeMemory.AlignedAlloc(bytes, Alignment);

    /// <summary>Gives a block back to the system.</summary>
    public static void Free(nint block) => NativeMemory.AlignedFree((void*)block);
}
