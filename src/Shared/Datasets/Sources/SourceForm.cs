using System.Globalization;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>The form in which a source's images are wanted.</summary>
/// <param name="Size">Width and height of every image; null to leave them as they are.</param>
/// <param name="TestFraction">The share of each class that becomes the test set where image files are not divided; null where they are.</param>
internal sealed record SourceForm((int Width, int Height)? Size, double? TestFraction)
{
    /// <summary>The column of a table that has the images; null for the usual one.</summary>
    public string? ImageColumn { get; init; }

    /// <summary>The column of a table that has the labels; null for the usual one.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>The columns of numbers that are learnt from, as a spec writes them; null for all but the labels'.</summary>
    public string? Columns { get; init; }

    /// <summary>Whether a number that is missing is taken to be its column's mean.</summary>
    public bool TakesMeans { get; init; }

    /// <summary>What tells the clients apart: a column, or <c>folder</c>; null where that isn't asked.</summary>
    public string? By { get; init; }

    /// <summary>Whether in a folder links are followed that lead to what is in it.</summary>
    public bool FollowsLinks { get; init; }

    /// <summary>Of image files, how many of a hundred may be left out because they can't be read; null where one alone is an error.</summary>
    public double? SkipAtMostPercent { get; init; }

    /// <summary>As the source has them.</summary>
    public static SourceForm AsIs { get; } = new(null, null);

    /// <summary>What a request asks for.</summary>
    /// <exception cref="DatasetException">Its size is none.</exception>
    public static SourceForm Of(DatasetRequest request)
    {
        var asIs = new SourceForm(null, request.TestFraction)
        {
            ImageColumn = request.ImageColumn,
            LabelColumn = request.LabelColumn,
            Columns = request.Columns,
            By = request.By,
            FollowsLinks = request.Links == DatasetRequest.LinksWithin,
            TakesMeans = request.Missing == DatasetRequest.MissingMean,
            SkipAtMostPercent = request.SkipAtMostPercent,
        };
        if (request.Resize is not { } text)
            return asIs;
        return DatasetRequest.TryParseResize(text, out var width, out var height)
            ? asIs with { Size = (width, height) }
            : throw new DatasetException($"resize: '{Texts.Excerpt.Counted(text)}'; expected {DatasetRequest.ResizeForm}");
    }

    /// <summary>What distinguishes it from other forms of the same source; nothing for <see cref="AsIs"/>.</summary>
    public string Identity =>
        (Size is { } size ? FormattableString.Invariant($"/resize={size.Width}x{size.Height}") : "")
        + (TestFraction is { } fraction ? $"/testFraction={fraction.ToString("R", CultureInfo.InvariantCulture)}" : "")
        + (ImageColumn is { } images ? $"/imageColumn={images.Length}:{images}" : "")
        + (LabelColumn is { } labels ? $"/labelColumn={labels.Length}:{labels}" : "")
        + (Columns is { } columns ? $"/columns={columns.Length}:{columns}" : "")
        + (TakesMeans ? "/missing=mean" : "")
        + (By is { } by ? $"/by={by.Length}:{by}" : "")
        + (SkipAtMostPercent is null ? "" : "/skips"); // how many is looked at whenever it is found

    /// <summary>What it does to a source, for a person; nothing for <see cref="AsIs"/>.</summary>
    public string Description =>
        (Size is { } size ? FormattableString.Invariant($", resized to {size.Width}×{size.Height}") : "")
        + (TestFraction is { } fraction ? FormattableString.Invariant($", {fraction} of each class to test on") : "");

    /// <summary>Images of the wanted size.</summary>
    public ImageExamples Apply(ImageExamples examples)
    {
        if (Size is not { } size || (size.Width, size.Height) == (examples.Shape.Width, examples.Shape.Height))
            return examples;
        var shape = new ImageShape(examples.Shape.Channels, size.Height, size.Width);
        DatasetLimits.RequireDecodable("resized", examples.Count, shape);
        var records = GC.AllocateUninitializedArray<byte>(examples.Count * (1 + shape.Length));
        var resize = new Images.BilinearResize(examples.Shape, shape);
        Parallel.For(0, examples.Count, index =>
        {
            var record = records.AsSpan(index * (1 + shape.Length), 1 + shape.Length);
            record[0] = (byte)examples.Label(index);
            resize.Resize(examples.Pixels(index), record[1..]);
        });
        return new ImageExamples(records, shape, examples.Classes);
    }
}
