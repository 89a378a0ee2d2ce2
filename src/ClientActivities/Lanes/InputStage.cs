using FlDurable.Shared.Networks;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>Brings images into lanes, each pixel as <see cref="PixelScale"/> has it.</summary>
internal sealed unsafe class InputStage
{
    public InputStage(LaneMemory memory, ImageShape shape) =>
        Output = Activations.Allocate(memory, shape, withGradients: false);

    public Activations Output { get; }

    /// <summary>
    /// Loads a slice. Lanes without an image repeat the last one: whatever they compute, overflow included, a real lane computes too,
    /// and the loss gives them no weight.
    /// </summary>
    public void Load(BatchSlice slice)
    {
        for (var lane = 0; lane < slice.GroupCount * LaneGroup.Size; lane++)
        {
            var image = slice.Indexes[Math.Min(lane, slice.Indexes.Length - 1)];
            var to = Output.Values + lane / LaneGroup.Size * Output.GroupLength + lane % LaneGroup.Size;
            foreach (var pixel in slice.Examples.Pixels(image))
            {
                *to = PixelScale.Of(pixel);
                to += LaneGroup.Size;
            }
        }
    }
}
