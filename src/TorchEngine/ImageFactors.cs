using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;
using static TorchSharp.torch;

namespace FlDurable.TorchEngine;

/// <summary>A dropout layer's factors as images lie here, drawn as they are for every engine.</summary>
internal static class ImageFactors
{
    /// <summary>Draws a step's factors.</summary>
    /// <returns>Factors <c>[n, channels · height · width]</c>.</returns>
    public static Tensor Draw(DropoutNoise noise, int index, Dropout layer, ImageShape shape, int images, Device device)
    {
        var groups = LaneGroup.CountFor(images);
        var factors = new float[groups * shape.Length * LaneGroup.Size];
        noise.DrawNext(index, layer, factors);
        return tensor(factors, [groups, shape.Length, LaneGroup.Size], device: device)
            .permute(0, 2, 1).reshape((long)groups * LaneGroup.Size, shape.Length).narrow(0, 0, images);
    }
}
