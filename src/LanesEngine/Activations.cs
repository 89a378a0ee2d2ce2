using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>What one stage hands to the next: values, and on the way back their gradients, each <c>[group][channel, y, x][16 lanes]</c>.</summary>
/// <param name="shape">Channels, height and width.</param>
/// <param name="values">The values.</param>
/// <param name="gradients">The loss's derivatives by the values; null where nobody asks for them.</param>
internal readonly unsafe struct Activations(ImageShape shape, float* values, float* gradients)
{
    public ImageShape Shape { get; } = shape;

    public float* Values { get; } = values;

    public float* Gradients { get; } = gradients;

    public bool HasGradients => Gradients != null;

    /// <summary>Values of one group.</summary>
    public nint GroupLength { get; } = (nint)shape.Length * LaneGroup.Size;

    /// <summary>The same memory in another shape of the same length.</summary>
    public Activations As(ImageShape other) => new(other, Values, Gradients);

    public static Activations Allocate(LaneMemory memory, ImageShape shape, bool withGradients)
    {
        var length = (nint)shape.Length * LaneGroup.Size * BatchSlice.Groups;
        return new(shape, memory.Allocate(length), withGradients ? memory.Allocate(length) : null);
    }
}
