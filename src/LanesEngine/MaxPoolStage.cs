using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>The maximum of each square window; the gradient goes to the first that was the maximum.</summary>
internal sealed unsafe class MaxPoolStage<TLanes> : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly MaxPool2d layer;
    private readonly Activations input;
    private readonly float* winners; // by output value: the place in its window, counted row by row

    public MaxPoolStage(LaneMemory memory, MaxPool2d layer, Activations input)
    {
        this.layer = layer;
        this.input = input;
        Output = Activations.Allocate(memory, layer.OutputShape(input.Shape), withGradients: input.HasGradients);
        winners = memory.Allocate(Output.GroupLength * BatchSlice.Groups);
    }

    public override string Name => $"max-pooling by {layer.Size}";

    public override Activations Output { get; }

    public override void Forward(int groups)
    {
        nint at = 0;
        for (nint plane = 0; plane < (nint)groups * Output.Shape.Channels; plane++)
        {
            for (var y = 0; y < Output.Shape.Height; y++)
            {
                for (var x = 0; x < Output.Shape.Width; x++, at += LaneGroup.Size)
                {
                    for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                        Pool(WindowAt(plane, y, x) + lane, at + lane);
                }
            }
        }
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
    }

    public override void ComputeInputGradients(int groups)
    {
        new Span<float>(input.Gradients, checked((int)(groups * input.GroupLength))).Clear();
        nint at = 0;
        for (nint plane = 0; plane < (nint)groups * Output.Shape.Channels; plane++)
        {
            for (var y = 0; y < Output.Shape.Height; y++)
            {
                for (var x = 0; x < Output.Shape.Width; x++, at += LaneGroup.Size)
                {
                    for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
                        Scatter(at + lane, input.Gradients + (WindowAt(plane, y, x) - input.Values) + lane);
                }
            }
        }
    }

    private float* WindowAt(nint plane, int y, int x) =>
        input.Values + ((plane * input.Shape.Height + y * layer.Size) * input.Shape.Width + x * layer.Size) * LaneGroup.Size;

    private nint OffsetInWindow(int place) => (nint)(place / layer.Size * input.Shape.Width + place % layer.Size) * LaneGroup.Size;

    private void Pool(float* window, nint at)
    {
        var largest = TLanes.Load(window);
        var winner = default(TLanes);
        for (var place = 1; place < layer.Size * layer.Size; place++)
            Maximum.Meet(TLanes.Load(window + OffsetInWindow(place)), place, ref largest, ref winner);
        largest.Store(Output.Values + at);
        winner.Store(winners + at);
    }

    private void Scatter(nint at, float* window)
    {
        var winner = TLanes.Load(winners + at);
        var gradient = TLanes.Load(Output.Gradients + at);
        for (var place = 0; place < layer.Size * layer.Size; place++)
            TLanes.Select(TLanes.AreEqual(winner, TLanes.Broadcast(place)), gradient, default).Store(window + OffsetInWindow(place));
    }
}
