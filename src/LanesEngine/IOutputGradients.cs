using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>The gradients of a convolution's output, asked for a few rows at a time.</summary>
internal interface IOutputGradients
{
    /// <summary>Rows that can only be had together.</summary>
    static abstract int RowsTogether { get; }

    /// <summary>Some rows of some channels of a group. The next call may overwrite them.</summary>
    GradientRows Rows(int group, int channel, int channels, int y, int rows);
}

/// <summary>Rows of gradients, one behind the other.</summary>
/// <param name="first">The first row of the first channel.</param>
/// <param name="plane">From a channel to the next.</param>
internal readonly unsafe struct GradientRows(float* first, nint plane)
{
    public readonly float* First = first;
    public readonly nint Plane = plane;
}

/// <summary>Gradients that lie there already.</summary>
internal readonly unsafe struct StoredGradients(Activations output) : IOutputGradients
{
    public static int RowsTogether => 1;

    public GradientRows Rows(int group, int channel, int channels, int y, int rows)
    {
        var row = (nint)output.Shape.Width * LaneGroup.Size;
        var plane = output.Shape.Height * row;
        return new(output.Gradients + group * output.GroupLength + channel * plane + y * row, plane);
    }
}
