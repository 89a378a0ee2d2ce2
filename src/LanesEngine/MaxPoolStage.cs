using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>The maximum of each square window; the gradient goes to the first that was the maximum.</summary>
internal sealed unsafe class MaxPoolStage<TLanes> : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly Activations input;
    private readonly SlidingWindow window;
    private readonly float* winners; // by output value: the place in its window, counted row by row

    public MaxPoolStage(LaneMemory memory, MaxPool2d layer, Activations input)
    {
        this.input = input;
        window = layer.Window;
        Output = Activations.Allocate(memory, layer.OutputShape(input.Shape), withGradients: input.HasGradients);
        winners = memory.Allocate(Output.GroupLength * BatchSlice.Groups);
    }

    public override string Name => $"max-pooling by {window.Size}";

    public override Activations Output { get; }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(int groups)
    {
        var view = new WindowView(window, input.Shape);
        foreach (var place in new WindowPlaces(Output.Shape, groups * Output.Shape.Channels))
        {
            var (rows, columns) = view.Within(place);
            var values = input.Values + view.Origin(place);
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
            {
                var largest = TLanes.Load(values + view.Offset(rows.Start, columns.Start) + lane);
                var winner = TLanes.Broadcast(rows.Start * window.Size + columns.Start);
                for (var y = rows.Start; y < rows.End; y++)
                {
                    for (var x = columns.Start; x < columns.End; x++)
                        Maximum.Meet(TLanes.Load(values + view.Offset(y, x) + lane), y * window.Size + x, ref largest, ref winner);
                }

                largest.Store(Output.Values + place.At + lane);
                winner.Store(winners + place.At + lane);
            }
        }
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void ComputeInputGradients(int groups)
    {
        new Span<float>(input.Gradients, checked((int)(groups * input.GroupLength))).Clear();
        var view = new WindowView(window, input.Shape);
        foreach (var place in new WindowPlaces(Output.Shape, groups * Output.Shape.Channels))
        {
            var (rows, columns) = view.Within(place);
            var gradients = input.Gradients + view.Origin(place);
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
            {
                var winner = TLanes.Load(winners + place.At + lane);
                var gradient = TLanes.Load(Output.Gradients + place.At + lane);
                for (var y = rows.Start; y < rows.End; y++)
                {
                    for (var x = columns.Start; x < columns.End; x++)
                    {
                        var to = gradients + view.Offset(y, x) + lane;
                        var part = TLanes.Select(TLanes.AreEqual(winner, TLanes.Broadcast(y * window.Size + x)), gradient, default);
                        (TLanes.Load(to) + part).Store(to); // windows may overlap
                    }
                }
            }
        }
    }
}
