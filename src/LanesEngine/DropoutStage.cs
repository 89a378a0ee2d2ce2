using System.Runtime.CompilerServices;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>Dropout in training: each value times 0 or what the layer's noise says for it, and its gradient likewise.</summary>
/// <param name="memory">Where its output goes.</param>
/// <param name="layer">The layer.</param>
/// <param name="noise">Draws the factors of each step.</param>
/// <param name="index">The layer's index among the network's dropout layers.</param>
/// <param name="input">What comes in.</param>
internal sealed unsafe class DropoutStage<TLanes>(LaneMemory memory, Dropout layer, DropoutNoise noise, int index, Activations input) : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly float* factors = memory.Allocate(input.GroupLength * BatchSlice.Groups);

    public override string Name => "dropout";

    public override Activations Output { get; } = Activations.Allocate(memory, input.Shape, withGradients: input.HasGradients);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(int groups)
    {
        noise.DrawNext(index, layer, new Span<float>(factors, checked((int)(groups * input.GroupLength))));
        for (nint at = 0; at < groups * input.GroupLength; at += TLanes.Count)
            (TLanes.Load(input.Values + at) * TLanes.Load(factors + at)).Store(Output.Values + at);
    }

    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void ComputeInputGradients(int groups)
    {
        for (nint at = 0; at < groups * input.GroupLength; at += TLanes.Count)
            (TLanes.Load(Output.Gradients + at) * TLanes.Load(factors + at)).Store(input.Gradients + at);
    }
}
