using System.Runtime.CompilerServices;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>From an image a lane to an image a row.</summary>
internal static unsafe class Transposition
{
    /// <summary>Writes each image's values as a row; what lies between rows is left alone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void OfLanes(in Activations activations, int groups, float* rows, nint rowLength)
    {
        for (var group = 0; group < groups; group++)
        {
            var from = activations.Values + group * activations.GroupLength;
            var to = rows + group * LaneGroup.Size * rowLength;
            for (nint feature = 0; feature < activations.Shape.Length; feature++, from += LaneGroup.Size)
            {
                for (nint lane = 0; lane < LaneGroup.Size; lane++)
                    to[lane * rowLength + feature] = from[lane];
            }
        }
    }
}
