using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>
/// A network's parameters, or their gradients, where the kernels want them: like the network's layout, but with every row of a linear
/// layer's weights filled up with zeros to whole strips. Zeros stay zeros, as their gradients are; nothing else reads them.
/// </summary>
internal sealed unsafe class ParameterMemory
{
    // A column of rows that are a multiple of 4 KiB apart would have to share a few places in every cache.
    private const int CachePeriod = 4096 / sizeof(float);

    private readonly List<Block> blocks = [];

    public ParameterMemory(LaneMemory memory, Network network)
    {
        nint offset = 0;
        foreach (var layer in network.Layers.OfType<ParametricLayer>())
        {
            blocks.Add(new Block(offset, layer.BiasLength, layer.FanIn, RowLength(layer)));
            offset += layer.BiasLength * RowLength(layer);
            blocks.Add(new Block(offset, 1, layer.BiasLength, layer.BiasLength));
            offset += layer.BiasLength;
        }

        Length = offset;
        Values = memory.Allocate(Length);
    }

    /// <summary>All values, filling included; vectors may run past the end.</summary>
    public float* Values { get; }

    /// <summary>How many.</summary>
    public nint Length { get; }

    /// <summary>From one output's weights to the next one's.</summary>
    public static int RowLength(ParametricLayer layer)
    {
        if (layer is not Linear)
            return layer.FanIn;
        var length = (layer.FanIn + Strip.Length - 1) / Strip.Length * Strip.Length;
        return length % CachePeriod == 0 ? length + Strip.Length : length;
    }

    /// <summary>Where a layer's weights begin.</summary>
    /// <param name="parametric">The layer's index among those with parameters.</param>
    public float* Weight(int parametric) => Values + blocks[2 * parametric].Offset;

    /// <summary>Where a layer's biases begin.</summary>
    /// <param name="parametric">The layer's index among those with parameters.</param>
    public float* Bias(int parametric) => Values + blocks[2 * parametric + 1].Offset;

    /// <summary>Takes values over, given in the network's layout.</summary>
    public void CopyFrom(ReadOnlySpan<float> layout)
    {
        foreach (var block in blocks)
        {
            for (var row = 0; row < block.Rows; row++, layout = layout[block.Length..])
                layout[..block.Length].CopyTo(Row(block, row));
        }
    }

    /// <summary>The values in the network's layout.</summary>
    public float[] ToLayout()
    {
        var layout = new float[blocks.Sum(block => block.Rows * block.Length)];
        var rest = layout.AsSpan();
        foreach (var block in blocks)
        {
            for (var row = 0; row < block.Rows; row++, rest = rest[block.Length..])
                Row(block, row).CopyTo(rest);
        }

        return layout;
    }

    private Span<float> Row(Block block, int row) => new(Values + block.Offset + row * block.Stride, block.Length);

    private readonly record struct Block(nint Offset, int Rows, int Length, nint Stride);
}
