using System.Runtime.InteropServices;

namespace FlDurable.ClientActivities.Vectors;

/// <summary>
/// Memory outside of the garbage collector's reach, aligned to cache lines and given back all at once. Who computes on it keeps it
/// reachable (<see cref="GC.KeepAlive"/>) until done.
/// </summary>
/// <param name="shared">Where blocks come from and go to; null for the system.</param>
internal sealed unsafe class LaneMemory(LaneBlocks? shared = null) : IDisposable
{
    private readonly List<(nint Block, nuint Bytes)> blocks = [];

    ~LaneMemory() => blocks.ForEach(one => LaneBlocks.Free(one.Block));

    /// <summary>Whether everything was given back.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Zeros, rounded up to whole groups of lanes, so that vectors may run past the end.</summary>
    public float* Allocate(nint count)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        var bytes = checked((nuint)LaneGroup.Size * sizeof(float) * (nuint)((count + LaneGroup.Size - 1) / LaneGroup.Size));
        var block = shared?.Take(bytes) ?? LaneBlocks.Allocate(bytes);
        blocks.Add((block, bytes));
        NativeMemory.Clear((void*)block, bytes);
        return (float*)block;
    }

    /// <summary>Gives every block back.</summary>
    public void Dispose()
    {
        IsDisposed = true;
        foreach (var (block, bytes) in blocks)
        {
            if (shared is null)
                LaneBlocks.Free(block);
            else
                shared.GiveBack(block, bytes);
        }

        blocks.Clear();
        GC.SuppressFinalize(this);
    }
}
