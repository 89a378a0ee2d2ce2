using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// What one position of a convolution's output sees of an image <c>[y][x][channel]</c> (<see cref="ImageRows"/>): for each row of the kernel
/// a run of neighbouring numbers. The gradients of an output channel's weights are summed in that order too, each run filled up to whole
/// vectors.
/// </summary>
/// <typeparam name="TLanes">The vectors.</typeparam>
internal readonly struct Patch<TLanes>(ConvolutionShape shape)
    where TLanes : struct, ILanes<TLanes>
{
    /// <summary>Runs: rows of the kernel.</summary>
    public readonly int Rows = shape.Kernel;

    /// <summary>Vectors of a run.</summary>
    public readonly int Vectors = (shape.Kernel * shape.InChannels + TLanes.Count - 1) / TLanes.Count;

    /// <summary>From a run's sums to the next one's.</summary>
    public int Run => Vectors * TLanes.Count;

    /// <summary>From an output channel's sums to the next one's.</summary>
    public int Length => Rows * Run;
}
