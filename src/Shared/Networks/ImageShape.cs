using System.Text.Json.Serialization;

namespace FlDurable.Shared.Networks;

/// <summary>The shape of an image or an activation, in memory order: planes of rows; or of a table's row, each of whose numbers is a plane of one value.</summary>
/// <param name="Channels">Planes.</param>
/// <param name="Height">Rows of a plane.</param>
/// <param name="Width">Values of a row.</param>
public readonly record struct ImageShape(int Channels, int Height, int Width)
{
    /// <summary>
    /// Whether the values are a table's: numbers of 32 bits, standardised already, instead of pixels of one byte. Of an input alone; what layers make
    /// of it is like any other.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsTable { get; init; }

    /// <summary>The number of values.</summary>
    [JsonIgnore]
    public int Length => checked(Channels * Height * Width);

    /// <summary>Bytes of an example with its label.</summary>
    [JsonIgnore]
    public int RecordLength => checked(1 + (IsTable ? sizeof(float) : 1) * Length);

    /// <summary>What examples of it are, for messages.</summary>
    [JsonIgnore]
    public string Examples => IsTable ? FormattableString.Invariant($"rows of {Channels} numbers") : $"images of {this}";

    /// <summary>The row of a table with so many columns of numbers.</summary>
    public static ImageShape OfTable(int columns) => new(columns, 1, 1) { IsTable = true };

    /// <summary>The same as a layer sees it, which has numbers of any origin.</summary>
    internal ImageShape AsActivation() => this with { IsTable = false };

    /// <summary>For instance <c>3×32×32</c>.</summary>
    public override string ToString() => $"{Channels}×{Height}×{Width}";
}
