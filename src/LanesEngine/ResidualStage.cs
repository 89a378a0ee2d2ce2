using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>
/// What two chains of stages make of one input, added up, and the ReLU behind that if there is one. The second chain may be empty: the
/// input as it is.
/// </summary>
internal sealed unsafe class ResidualStage<TLanes> : Stage
    where TLanes : struct, ILanes<TLanes>
{
    private readonly bool rectify;
    private readonly Activations input;
    private readonly StageChain body;
    private readonly StageChain shortcut;

    /// <param name="memory">Where its output goes.</param>
    /// <param name="name">The layer's name.</param>
    /// <param name="rectify">Whether a ReLU follows.</param>
    /// <param name="isTrained">Whether there is a way back.</param>
    /// <param name="input">What comes in.</param>
    /// <param name="makeChains">Makes the two chains on an input each: one memory of values, and of gradients one each.</param>
    public ResidualStage(
        LaneMemory memory, string name, bool rectify, bool isTrained, Activations input, Func<Activations, Activations, (StageChain, StageChain)> makeChains)
    {
        this.rectify = rectify;
        this.input = input;
        var aside = input.HasGradients ? memory.Allocate(input.GroupLength * BatchSlice.Groups) : null;
        (body, shortcut) = makeChains(input, input.WithGradients(aside));
        Name = rectify ? $"{name} + ReLU" : name;
        Output = Activations.Allocate(memory, body.Output.Shape, withGradients: isTrained);
    }

    public override string Name { get; }

    public override double MultiplyAdds => body.MultiplyAdds + shortcut.MultiplyAdds;

    public override Activations Output { get; }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Forward(int groups)
    {
        body.Forward(groups);
        shortcut.Forward(groups);
        var floor = TLanes.Broadcast(rectify ? 0 : float.NegativeInfinity);
        var left = body.Output.Values;
        var right = shortcut.Output.Values;
        for (nint at = 0; at < groups * Output.GroupLength; at += TLanes.Count)
            TLanes.AtLeast(TLanes.Load(left + at) + TLanes.Load(right + at), floor).Store(Output.Values + at);
    }

    /// <summary>Goes both ways back, each with a copy of the gradients of the sum: what is behind it may change its own.</summary>
    public override void ComputeParameterGradients(int groups, bool isFirst)
    {
        if (rectify)
            Relu.MaskGradients<TLanes>(Output, groups);
        GoBack(body, groups, isFirst);
        GoBack(shortcut, groups, isFirst);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void ComputeInputGradients(int groups)
    {
        body.ComputeInputGradients(groups);
        shortcut.ComputeInputGradients(groups);
        var sum = input.Gradients;
        var other = shortcut.Input.Gradients;
        for (nint at = 0; at < groups * input.GroupLength; at += TLanes.Count)
            (TLanes.Load(sum + at) + TLanes.Load(other + at)).Store(sum + at);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void GoBack(StageChain chain, int groups, bool isFirst)
    {
        if (!chain.Output.HasGradients)
            return;
        for (nint at = 0; at < groups * Output.GroupLength; at += TLanes.Count)
            TLanes.Load(Output.Gradients + at).Store(chain.Output.Gradients + at);
        chain.ComputeParameterGradients(groups, isFirst);
    }
}
