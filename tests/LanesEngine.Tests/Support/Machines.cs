using FlDurable.ClientActivities.Vectors;

namespace FlDurable.LanesEngine.Tests.Support;

/// <summary>Which vectors to test on.</summary>
internal static class Machines
{
    /// <summary>
    /// Both widths, on every machine: without hardware for 512 bits .NET computes them as two halves, slowly and with the same results.
    /// </summary>
    public static readonly IReadOnlyList<LaneWidth> Widths = [LaneWidth.Bits512, LaneWidth.Bits256];
}
