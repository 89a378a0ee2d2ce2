using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>An image's name, taken apart.</summary>
/// <param name="Top">The folder above the split, or nothing.</param>
/// <param name="Split">The split's folder as it is written.</param>
/// <param name="IsTrain">Whether that is the one to train on.</param>
/// <param name="Class">The class.</param>
/// <param name="File">The file's own name.</param>
internal readonly record struct ImagePath(string Top, string Split, bool IsTrain, string Class, string File)
{
    private const string Train = "train";

    private static readonly HashSet<string> Splits = new(StringComparer.OrdinalIgnoreCase) { Train, "test", "val", "valid", "validation" };

    // What file managers and storage devices leave behind, beside the names that begin with a dot.
    private static readonly HashSet<string> Leftovers = new(StringComparer.OrdinalIgnoreCase)
    {
        "Thumbs.db", "ehthumbs.db", "desktop.ini", "__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "System Volume Information",
    };

    /// <summary>Null for a file that tells about the images or that a file manager left behind.</summary>
    /// <exception cref="DatasetException">It lies where no image does.</exception>
    public static ImagePath? Of(ContainedFile file)
    {
        var parts = file.Name.Split('/');
        if (parts.Any(part => part.StartsWith('.') || Leftovers.Contains(part)))
            return null;
        var split = Array.FindIndex(parts, 0, Math.Min(2, parts.Length - 1), Splits.Contains);
        if (split < 0)
            return parts.Length <= 2 ? null : throw new DatasetException($"{file.Place}: neither in train nor in test; {ImageLayout.Expected}");
        if (parts.Length - split != 3)
            throw new DatasetException($"{file.Place}: {ImageLayout.Expected}");
        var isTrain = parts[split].Equals(Train, StringComparison.OrdinalIgnoreCase);
        return new ImagePath(split == 0 ? "" : parts[0], parts[split], isTrain, parts[split + 1], parts[split + 2]);
    }
}
