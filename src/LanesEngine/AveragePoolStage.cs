using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>The mean of each square window.</summary>
internal sealed unsafe class AveragePoolStage<TLanes>(LaneMemory memory, AvgPool2d layer, Activations input) : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly SlidingWindow window = layer.Window;

    public override string Name => $"average pooling by {window.Size}";

    public override Activations Output { get; } =
        Activations.Allocate(memory, layer.OutputShape(input.Shape), withGradients: input.HasGradients);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(int groups)
    {
        var view = new WindowView(window, input.Shape);
        foreach (var place in new WindowPlaces(Output.Shape, groups * Output.Shape.Channels))
        {
            var (rows, columns) = view.Within(place);
            var values = input.Values + view.Origin(place);
            var count = TLanes.Broadcast(Count(rows, columns));
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
            {
                var sum = default(TLanes);
                for (var y = rows.Start; y < rows.End; y++)
                {
                    for (var x = columns.Start; x < columns.End; x++)
                        sum += TLanes.Load(values + view.Offset(y, x) + lane);
                }

                (sum / count).Store(Output.Values + place.At + lane);
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
            var count = TLanes.Broadcast(Count(rows, columns));
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
            {
                var part = TLanes.Load(Output.Gradients + place.At + lane) / count;
                for (var y = rows.Start; y < rows.End; y++)
                {
                    for (var x = columns.Start; x < columns.End; x++)
                    {
                        var to = gradients + view.Offset(y, x) + lane;
                        (TLanes.Load(to) + part).Store(to); // windows may overlap
                    }
                }
            }
        }
    }

    /// <summary>How many values a mean is of. (All of the window, whatever it hangs over: it always hangs over padding.)</summary>
    private float Count(WindowRange rows, WindowRange columns) =>
        layer.CountPadding ? window.Size * window.Size : (rows.End - rows.Start) * (columns.End - columns.Start);
}
