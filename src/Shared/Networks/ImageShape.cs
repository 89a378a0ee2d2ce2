using System.Text.Json.Serialization;

namespace FlDurable.Shared.Networks;

/// <summary>The shape of an image or an activation, in memory order: planes of rows.</summary>
/// <param name="Channels">Planes.</param>
/// <param name="Height">Rows of a plane.</param>
/// <param name="Width">Values of a row.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>The number of values.</summary>
    [JsonIgnore]
    public int Length => checked(Channels * Height * Width);

    /// <summary>For instance <c>3×32×32</c>.</summary>
    public override string ToString() => $"{Channels}×{Height}×{Width}";
}
