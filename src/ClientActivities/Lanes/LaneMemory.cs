using System.Runtime.InteropServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>
/// Memory outside of the garbage collector's reach, aligned to cache lines and given back all at once. Who computes on it keeps it
/// reachable (<see cref="GC.KeepAlive"/>) until done.
/// </summary>
internal sealed unsafe class LaneMemory : IDisposable
{
    private const int Alignment = 64;

    private readonly List<nint> blocks = [];

    ~LaneMemory() => Free();

    /// <summary>Whether everything was given back.</summary>
    public bool IsDisposed { get; private set; }

    /// <summary>Zeros, rounded up to whole groups of lanes, so that vectors may run past the end.</summary>
    public float* Allocate(nint count)
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        var bytes = checked((nuint)LaneGroup.Size * sizeof(float) * (nuint)((count + LaneGroup.Size - 1) / LaneGroup.Size));
        var block = NativeMemory.AlignedAlloc(bytes, Alignment);
        blocks.Add((nint)block);
        NativeMemory.Clear(block, bytes);
        return (float*)block;
    }

    /// <summary>Frees every block.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        IsDisposed = true;
        foreach (var block in blocks)
            NativeMemory.AlignedFree((void*)block);
        blocks.Clear();
    }
}
