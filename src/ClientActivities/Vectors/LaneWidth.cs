using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace FlDurable.ClientActivities.Vectors;

/// <summary>The vectors that a machine can compute on. Results are the same bits on each.</summary>
internal enum LaneWidth
{
    /// <summary>Half a group at a time.</summary>
    Bits256 = 256,

    /// <summary>A whole group at a time.</summary>
    Bits512 = 512,
}

/// <summary>Which vectors this machine has.</summary>
internal static class Machine
{
    /// <summary>The widest; null where there is no hardware for 256-bit vectors and fused multiply-add.</summary>
    public static LaneWidth? WidestLanes { get; } =
        !Vector256.IsHardwareAccelerated || !Fma.IsSupported ? null
        : Vector512.IsHardwareAccelerated ? LaneWidth.Bits512
        : LaneWidth.Bits256;
}
