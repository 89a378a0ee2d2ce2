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
    private readonly Dictionary<string, nint> offsets = new(StringComparer.Ordinal);

    public ParameterMemory(LaneMemory memory, Network network)
    {
        var linear = network.AllLayers.OfType<Linear>().ToDictionary(layer => layer.WeightName, StringComparer.Ordinal);
        foreach (var tensor in network.Layout.Tensors)
        {
            var block = linear.TryGetValue(tensor.Name, out var layer)
                ? new Block(Length, layer.OutFeatures, layer.InFeatures, RowLength(layer))
                : new Block(Length, 1, tensor.Length, tensor.Length);
            blocks.Add(block);
            offsets.Add(tensor.Name, Length);
            Length += block.Rows * block.Stride;
        }

        Values = memory.Allocate(Length);
    }

    /// <summary>All values, filling included; vectors may run past the end.</summary>
    public float* Values { get; }

    /// <summary>How many.</summary>
    public nint Length { get; }

    /// <summary>From one output's weights to the next one's.</summary>
    public static int RowLength(Linear layer)
    {
        var length = (layer.FanIn + Strip.Length - 1) / Strip.Length * Strip.Length;
        return length % CachePeriod == 0 ? length + Strip.Length : length;
    }

    /// <summary>Where a tensor begins.</summary>
    /// <param name="name">Its name in the network's layout.</param>
    public float* Of(string name) => Values + offsets[name];

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
        var layout = GC.AllocateUninitializedArray<float>(blocks.Sum(block => block.Rows * block.Length));
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
