using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>One place of a pooling window.</summary>
/// <param name="Plane">Of which plane, counted over groups and channels.</param>
/// <param name="Y">The output's row.</param>
/// <param name="X">The output's column.</param>
/// <param name="At">Where the output's value is.</param>
internal readonly record struct WindowPlace(int Plane, int Y, int X, nint At);

/// <summary>All places of a pooling window, plane by plane, in the order of the output's values.</summary>
/// <param name="output">The output's shape.</param>
/// <param name="planes">How many planes.</param>
internal struct WindowPlaces(ImageShape output, int planes)
{
    private int plane;
    private int y;
    private int x = -1;
    private nint at = -LaneGroup.Size;

    /// <summary>The place.</summary>
    public readonly WindowPlace Current => new(plane, y, x, at);

    public readonly WindowPlaces GetEnumerator() => this;

    public bool MoveNext()
    {
        at += LaneGroup.Size;
        if (++x == output.Width)
        {
            x = 0;
            if (++y == output.Height)
            {
                y = 0;
                plane++;
            }
        }

        return plane < planes;
    }
}

/// <summary>Rows, or columns, from one on to before another.</summary>
internal readonly record struct WindowRange(int Start, int End);

/// <summary>What a pooling window sees of its input.</summary>
/// <param name="window">The window.</param>
/// <param name="input">The input's shape.</param>
internal readonly struct WindowView(SlidingWindow window, ImageShape input)
{
    private readonly SlidingWindow window = window;
    private readonly ImageShape input = input;

    /// <summary>Which rows and columns of the window lie on the input, not on padding.</summary>
    public (WindowRange Rows, WindowRange Columns) Within(WindowPlace place) => (Within(place.Y, input.Height), Within(place.X, input.Width));

    /// <summary>Where the window's first value would be, were there no padding in its way.</summary>
    public nint Origin(WindowPlace place) =>
        (((nint)place.Plane * input.Height + place.Y * window.Stride - window.Padding) * input.Width + place.X * window.Stride - window.Padding)
        * LaneGroup.Size;

    /// <summary>How far a value of the window is from its first.</summary>
    public nint Offset(int y, int x) => ((nint)y * input.Width + x) * LaneGroup.Size;

    private WindowRange Within(int place, int length)
    {
        var first = place * window.Stride - window.Padding;
        return new(Math.Max(0, -first), Math.Min(window.Size, length - first));
    }
}
