namespace FlDurable.LocalHost.Pictures;

/// <summary>A named line through points.</summary>
/// <param name="Name">What it is called beside the plot.</param>
/// <param name="Points">Its points, from left to right; one whose value is no finite number interrupts it.</param>
internal sealed record Curve(string Name, IReadOnlyList<CurvePoint> Points);

/// <summary>A point of a curve.</summary>
internal readonly record struct CurvePoint(double X, double Y);
