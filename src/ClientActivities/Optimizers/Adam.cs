using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.ClientActivities.Optimizers;

/// <summary>
/// Adam (Kingma and Ba 2015) as PyTorch computes it, L2 weight decay included:
/// m ← m + (1 − β1)(g − m); v ← β2·v + (1 − β2)·g²; x ← x − η/(1 − β1^t) · m / (√v / √(1 − β2^t) + ε).
/// </summary>
internal sealed unsafe class Adam<TLanes, TTerm>(LaneMemory memory, TrainingOptions options, nint length, TTerm term) : Optimizer(options.LearningRate)
    where TLanes : struct, ILanes<TLanes>
    where TTerm : struct, ITerm<TLanes>
{
    private const double Beta1 = 0.9;
    private const double Beta2 = 0.999;
    private const float Epsilon = 1e-8f;

    /// <summary>2⁻⁵⁸: the square of what is smaller, times 1 − β2, would be subnormal. Beside ε it makes no difference.</summary>
    private const float SmallestSquared = 3.46944695E-18f;

    private readonly float* means = memory.Allocate(length);
    private readonly float* squares = memory.Allocate(length);

    // Powers as running products: no platform's pow has a say.
    private double beta1Power = 1;
    private double beta2Power = 1;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Step(float* parameters, float* gradients, nint length)
    {
        beta1Power *= Beta1;
        beta2Power *= Beta2;
        var step = TLanes.Broadcast((float)(-LearningRate / (1 - beta1Power)));
        var rootScale = TLanes.Broadcast((float)(1 / Math.Sqrt(1 - beta2Power)));
        var meanRate = TLanes.Broadcast((float)(1 - Beta1));
        var squareDecay = TLanes.Broadcast((float)Beta2);
        var squareRate = TLanes.Broadcast((float)(1 - Beta2));
        var epsilon = TLanes.Broadcast(Epsilon);
        var smallestNormal = TLanes.Broadcast(SmallestNormal);
        var smallestSquared = TLanes.Broadcast(SmallestSquared);
        var weightDecay = TLanes.Broadcast(options.WeightDecay);
        var added = term;
        for (nint at = 0; at < length; at += TLanes.Count)
        {
            var parameter = TLanes.Load(parameters + at);
            var gradient = added.AddTo(TLanes.MultiplyAdd(weightDecay, parameter, TLanes.Load(gradients + at)), parameter, at);

            var mean = TLanes.Load(means + at);
            mean = TLanes.ZeroBelow(smallestNormal, TLanes.MultiplyAdd(gradient - mean, meanRate, mean));
            mean.Store(means + at);

            var square = TLanes.Load(squares + at) * squareDecay;
            var squared = TLanes.ZeroBelow(smallestSquared, gradient);
            square = TLanes.ZeroBelow(smallestNormal, TLanes.MultiplyAdd(squared * squared, squareRate, square));
            square.Store(squares + at);

            var root = TLanes.MultiplyAdd(TLanes.SquareRoot(square), rootScale, epsilon);
            TLanes.MultiplyAdd(step, mean / root, parameter).Store(parameters + at);
        }
    }
}
