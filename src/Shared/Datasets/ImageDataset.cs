using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets;

/// <summary>A decoded data set in memory, whatever it was read from.</summary>
public sealed class ImageDataset
{
    private readonly Lazy<string> sha256;

    /// <summary>Takes the examples over, without a copy.</summary>
    /// <param name="classes">The classes' names; a label is an index of these.</param>
    /// <param name="train">The images that clients learn from.</param>
    /// <param name="test">The central test set.</param>
    /// <exception cref="ArgumentException">The two splits differ in shape, or in classes from <paramref name="classes"/>.</exception>
    public ImageDataset(IReadOnlyList<string> classes, ImageExamples train, ImageExamples test)
        : this(classes, train, test, null)
    {
    }

    internal ImageDataset(IReadOnlyList<string> classes, ImageExamples train, ImageExamples test, string? sha256)
    {
        if (train.Shape != test.Shape)
            throw new ArgumentException($"training images are {train.Shape}, test images {test.Shape}", nameof(test));
        if (train.Classes != classes.Count || test.Classes != classes.Count)
            throw new ArgumentException($"{classes.Count} names for {train.Classes} and {test.Classes} classes", nameof(classes));
        Classes = classes;
        Train = train;
        Test = test;
        this.sha256 = sha256 is null ? new Lazy<string>(() => DecodedFormat.Sha256(this)) : new Lazy<string>(sha256);
    }

    /// <summary>The classes' names.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>The shape of every image.</summary>
    public ImageShape Shape => Train.Shape;

    /// <summary>The columns of a table's numbers, and what these were standardised by; null for images.</summary>
    public IReadOnlyList<TableColumn>? Columns { get; init; }

    /// <summary>The clients that the training examples are of, as the data itself tells; null where it doesn't, or wasn't asked.</summary>
    public NaturalIds? NaturalIds { get; init; }

    /// <summary>Why files were left out that can't be read, each by name: for whoever has the data. Empty where that was not allowed.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>The images that clients learn from.</summary>
    public ImageExamples Train { get; }

    /// <summary>The central test set.</summary>
    public ImageExamples Test { get; }

    /// <summary>The SHA-256 of all of it in one canonical form (docs/data.md): the same data has the same, whatever it was read from.</summary>
    public string Sha256 => sha256.Value;
}
