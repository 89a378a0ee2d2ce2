namespace FlDurable.CrashingHost;

/// <summary>Where a federation is when its process dies.</summary>
/// <param name="State">Its state folder.</param>
/// <param name="Point">The key of the point; null when it is to come to its end.</param>
internal sealed record PlannedDeath(string State, string? Point)
{
    public static PlannedDeath Parse(string line) => line.Split('\t') is [var state, var point]
        ? new PlannedDeath(state, point.Length == 0 ? null : point)
        : throw new FormatException($"'{line}' is no planned death");

    public override string ToString() => $"{State}\t{Point}";
}
