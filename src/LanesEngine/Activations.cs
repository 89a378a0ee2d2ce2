using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>What one stage hands to the next: values, and on the way back their gradients, each <c>[group][channel, y, x][16 lanes]</c>.</summary>
internal readonly unsafe struct Activations
{
    private Activations(ImageShape shape, float* values, float* gradients, nint groupLength)
    {
        Shape = shape;
        Values = values;
        Gradients = gradients;
        GroupLength = groupLength;
    }

    /// <summary>Channels, height and width.</summary>
    public ImageShape Shape { get; }

    /// <summary>The values.</summary>
    public float* Values { get; }

    /// <summary>The loss's derivatives by the values; null where nobody asks for them.</summary>
    public float* Gradients { get; }

    public bool HasGradients => Gradients != null;

    /// <summary>From a group to the next.</summary>
    public nint GroupLength { get; }

    /// <summary>From a channel to the next.</summary>
    public nint Plane => (nint)Shape.Height * Shape.Width * LaneGroup.Size;

    /// <summary>The same memory in another shape of the same length.</summary>
    public Activations As(ImageShape other) => new(other, Values, Gradients, GroupLength);

    /// <summary>Some of the channels.</summary>
    public Activations Channels(int first, int count) => new(
        Shape with { Channels = count }, Values + first * Plane, HasGradients ? Gradients + first * Plane : null, GroupLength);

    /// <summary>The same values with gradients elsewhere.</summary>
    public Activations WithGradients(float* gradients) => new(Shape, Values, gradients, GroupLength);

    public static Activations Allocate(LaneMemory memory, ImageShape shape, bool withGradients)
    {
        var group = (nint)shape.Length * LaneGroup.Size;
        var length = group * BatchSlice.Groups;
        return new(shape, memory.Allocate(length), withGradients ? memory.Allocate(length) : null, group);
    }
}
