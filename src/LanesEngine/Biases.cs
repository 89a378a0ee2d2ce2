using System.Runtime.CompilerServices;
using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine;

/// <summary>A number by output channel that is added at every position.</summary>
internal static unsafe class Biases
{
    /// <summary>Adds biases, if a layer has any, to its sums, and rectifies them if a ReLU follows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Add<TLanes>(in Activations output, int groups, float* biases, bool rectify)
        where TLanes : struct, ILanes<TLanes>
    {
        if (biases == null && !rectify)
            return;
        var floor = TLanes.Broadcast(rectify ? 0 : float.NegativeInfinity);
        var plane = (nint)output.Shape.Height * output.Shape.Width * LaneGroup.Size;
        for (nint group = 0; group < groups; group++)
        {
            for (nint channel = 0; channel < output.Shape.Channels; channel++)
            {
                var bias = biases == null ? default : TLanes.Broadcast(biases[channel]);
                var values = output.Values + group * output.GroupLength + channel * plane;
                for (nint at = 0; at < plane; at += TLanes.Count)
                    TLanes.AtLeast(TLanes.Load(values + at) + bias, floor).Store(values + at);
            }
        }
    }

    /// <summary>The gradients of biases, if a layer has any: each channel's gradients summed over positions and images.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SumGradients<TLanes>(in Activations output, int groups, float* biasGradients, bool isFirst)
        where TLanes : struct, ILanes<TLanes>
    {
        if (biasGradients == null)
            return;
        var sums = stackalloc float[LaneGroup.Size];
        var plane = (nint)output.Shape.Height * output.Shape.Width * LaneGroup.Size;
        for (var channel = 0; channel < output.Shape.Channels; channel++)
        {
            for (var lane = 0; lane < LaneGroup.Size; lane += TLanes.Count)
            {
                var sum = default(TLanes);
                for (var group = 0; group < groups; group++)
                {
                    var gradients = output.Gradients + group * output.GroupLength + channel * plane + lane;
                    for (nint at = 0; at < plane; at += LaneGroup.Size)
                        sum += TLanes.Load(gradients + at);
                }

                sum.Store(sums + lane);
            }

            LaneGroup.SumEach(sums, biasGradients + channel, 1, isFirst);
        }
    }
}
