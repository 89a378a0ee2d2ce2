using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.ClientActivities.Optimizers;

/// <summary>Stochastic gradient descent as PyTorch computes it: g ← g + weightDecay·x; v ← momentum·v + g; x ← x − η·v.</summary>
internal sealed unsafe class Sgd<TLanes, TTerm>(LaneMemory memory, TrainingOptions options, nint length, TTerm term) : Optimizer(options.LearningRate)
    where TLanes : struct, ILanes<TLanes>
    where TTerm : struct, ITerm<TLanes>
{
    private readonly float* velocities = memory.Allocate(length);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Step(float* parameters, float* gradients, nint length)
    {
        var step = TLanes.Broadcast(-LearningRate);
        var momentum = TLanes.Broadcast(options.Momentum);
        var smallestNormal = TLanes.Broadcast(SmallestNormal);
        var weightDecay = TLanes.Broadcast(options.WeightDecay);
        var added = term;
        for (nint at = 0; at < length; at += TLanes.Count)
        {
            var parameter = TLanes.Load(parameters + at);
            var gradient = added.AddTo(TLanes.MultiplyAdd(weightDecay, parameter, TLanes.Load(gradients + at)), parameter, at);
            var velocity = TLanes.ZeroBelow(smallestNormal, TLanes.MultiplyAdd(momentum, TLanes.Load(velocities + at), gradient));
            velocity.Store(velocities + at);
            TLanes.MultiplyAdd(step, velocity, parameter).Store(parameters + at);
        }
    }
}
