using FlDurable.Shared.Networks;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>Brings images into lanes, from bytes 0…255 to (v/255 − 0.5)/0.5, that is −1…1.</summary>
internal sealed unsafe class InputStage
{
    private const float Scale = 2f / 255f;
    private const float Offset = -1f;

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
                *to = MathF.FusedMultiplyAdd(pixel, Scale, Offset);
                to += LaneGroup.Size;
            }
        }
    }
}
