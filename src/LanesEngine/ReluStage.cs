using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>max(x, 0), and its derivative: 1 where the output is positive, 0 elsewhere.</summary>
internal sealed unsafe class ReluStage<TLanes>(LaneMemory memory, Activations input) : Stage
    where TLanes : struct, ILanes<TLanes>
{
    public override string Name => "ReLU";

    public override Activations Output { get; } = Activations.Allocate(memory, input.Shape, withGradients: input.HasGradients);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(int groups)
    {
        for (nint at = 0; at < groups * input.GroupLength; at += TLanes.Count)
            Relu.Of(TLanes.Load(input.Values + at)).Store(Output.Values + at);
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void ComputeInputGradients(int groups)
    {
        for (nint at = 0; at < groups * input.GroupLength; at += TLanes.Count)
            Relu.Gradient(TLanes.Load(Output.Values + at), TLanes.Load(Output.Gradients + at)).Store(input.Gradients + at);
    }
}
