using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>The mean of each plane.</summary>
internal sealed unsafe class GlobalAveragePoolStage<TLanes>(LaneMemory memory, GlobalAvgPool2d layer, Activations input) : Stage
    where TLanes : struct, ILanes<TLanes>
{
    public override string Name => "average of planes";

    public override Activations Output { get; } =
        Activations.Allocate(memory, layer.OutputShape(input.Shape), withGradients: input.HasGradients);

    private int Pixels => input.Shape.Height * input.Shape.Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(int groups)
    {
        var count = TLanes.Broadcast(Pixels);
        for (nint plane = 0; plane < (nint)groups * input.Shape.Channels; plane++)
        {
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
            {
                var sum = LaneSums.Of<TLanes>(input.Values + plane * input.Plane + lane, Pixels);
                (sum / count).Store(Output.Values + plane * LaneGroup.Size + lane);
            }
        }
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void ComputeInputGradients(int groups)
    {
        var count = TLanes.Broadcast(Pixels);
        for (nint plane = 0; plane < (nint)groups * input.Shape.Channels; plane++)
        {
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
            {
                var part = TLanes.Load(Output.Gradients + plane * LaneGroup.Size + lane) / count;
                var to = input.Gradients + plane * input.Plane + lane;
                for (var pixel = 0; pixel < Pixels; pixel++, to += LaneGroup.Size)
                    part.Store(to);
            }
        }
    }
}
