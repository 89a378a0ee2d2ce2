using System.Globalization;

namespace FlDurable.Shared.Specs;

/// <summary>What data a spec asks for, and in what form.</summary>
/// <param name="Data">What it names; null for what the machine has.</param>
/// <param name="Resize">The size that every image gets, <c>WxH</c>; null to leave them as they are.</param>
/// <param name="TestFraction">The share of each class's images that becomes the test set, where image files are not divided; null where they are.</param>
public sealed record DatasetRequest(string? Data, string? Resize = null, double? TestFraction = null)
{
    /// <summary>The fields of a spec that say which data it is and how it is read, as specs name them.</summary>
    public static IReadOnlyList<string> Fields { get; } = ["data", "resize", "testFraction", "links", "imageColumn", "labelColumn", "columns", "missing"];

    /// <summary>Which links in a folder are followed: <see cref="LinksWithin"/>, or null where they are refused.</summary>
    public string? Links { get; init; }

    /// <summary>The column of a table that has the images; null for the usual one.</summary>
    public string? ImageColumn { get; init; }

    /// <summary>The column of a table that has the labels; null for the usual one.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>The columns of a table that are learnt from; null for all but the labels'.</summary>
    public string? Columns { get; init; }

    /// <summary>What stands for a number that is missing in a table: <see cref="MissingMean"/>, or null where it is refused.</summary>
    public string? Missing { get; init; }

    /// <summary>What tells the clients apart in the data itself: a column, or <c>folder</c>; null where that isn't asked.</summary>
    public string? By { get; init; }

    /// <summary>The folder in which a file or folder that it names must lie whenever it is read, links followed; null where it may lie anywhere.</summary>
    public string? Within { get; init; }

    /// <summary>
    /// Of image files, how many of a hundred may be left out because they can't be read, above 0 to <see cref="MostSkippedPercent"/>; null where one alone is an error. It is no field of specs: whose
    /// data it is says so.
    /// </summary>
    public double? SkipAtMostPercent { get; init; }

    /// <summary>With more than half left out it is not the same data any more.</summary>
    public const double MostSkippedPercent = 50;

    /// <summary>What <see cref="Resize"/> must look like.</summary>
    public const string ResizeForm = "WxH, each from 1 to 4096, for instance 32x32";

    /// <summary>How data begins that is a table.</summary>
    internal const string TablePrefix = "table:";

    /// <summary>How the names of files end that are tables as text.</summary>
    internal static readonly string[] TableEndings = [".csv", ".tsv"];

    /// <summary>A number that is missing is its column's mean.</summary>
    public const string MissingMean = "mean";

    /// <summary>Links are followed that lead to what is in the folder.</summary>
    public const string LinksWithin = "within";

    private const int MaxSide = 4096;

    /// <summary>A spec's.</summary>
    public static DatasetRequest Of(FederationSpec spec) => new(spec.Data, spec.Resize, spec.TestFraction)
    {
        Links = spec.Links,
        ImageColumn = spec.ImageColumn,
        LabelColumn = spec.LabelColumn,
        Columns = spec.Columns,
        Missing = spec.Missing,
        By = NaturalIdOptions.In(spec),
    };

    /// <summary>A federation's.</summary>
    public static DatasetRequest Of(ResolvedSpec spec) => Of(spec.Spec) with { Within = spec.DataFolder };

    /// <summary>Reads a size.</summary>
    /// <returns>Whether it is one.</returns>
    public static bool TryParseResize(string text, out int width, out int height)
    {
        (width, height) = (0, 0);
        return text.Split('x') is [var left, var right] && TryParse(left, out width) && TryParse(right, out height);

        static bool TryParse(string side, out int value) =>
            int.TryParse(side, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value is >= 1 and <= MaxSide && side[0] != '0';
    }
}
