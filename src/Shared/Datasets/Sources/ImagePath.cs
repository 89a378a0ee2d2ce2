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

    /// <summary>The same where images lie class/file, in one folder at most.</summary>
    /// <exception cref="DatasetException">It lies where no image does, or the images are divided.</exception>
    public static ImagePath? OfUndivided(ContainedFile file)
    {
        var parts = file.Name.Split('/');
        if (IsLeftover(parts) || parts.Length == 1)
            return null;
        if (parts.Length > 3)
            throw new DatasetException($"{file.Place}: {ImageLayout.ExpectedUndivided}");
        if (parts.Length == 3 && Splits.Contains(parts[0]))
            throw new DatasetException($"testFraction: {file.Place}: the images are divided already; expected none, or {ImageLayout.ExpectedUndivided}");
        return new ImagePath(parts.Length == 3 ? parts[0] : "", "", true, parts[^2], parts[^1]);
    }

    /// <summary>Null for a file that tells about the images or that a file manager left behind.</summary>
    /// <exception cref="DatasetException">It lies where no image does.</exception>
    public static ImagePath? Of(ContainedFile file)
    {
        var parts = file.Name.Split('/');
        if (IsLeftover(parts))
            return null;
        var split = Array.FindIndex(parts, 0, Math.Min(2, parts.Length - 1), Splits.Contains);
        if (split < 0)
            return parts.Length <= 2 ? null : throw new DatasetException($"{file.Place}: neither in train nor in test; {ImageLayout.Expected}");
        if (parts.Length - split != 3)
            throw new DatasetException($"{file.Place}: {ImageLayout.Expected}");
        var isTrain = parts[split].Equals(Train, StringComparison.OrdinalIgnoreCase);
        return new ImagePath(split == 0 ? "" : parts[0], parts[split], isTrain, parts[split + 1], parts[split + 2]);
    }

    private static bool IsLeftover(string[] parts) => parts.Any(part => part.StartsWith('.') || Leftovers.Contains(part));
}
