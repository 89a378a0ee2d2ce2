using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>The gradients of biases: the sums of each channel's gradients over positions and images.</summary>
internal static unsafe class ChannelGradients
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sum<TLanes>(in Activations output, int groups, float* biasGradients, bool isFirst)
        where TLanes : struct, ILanes<TLanes>
    {
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
