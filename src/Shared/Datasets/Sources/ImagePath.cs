using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>An image's name, taken apart.</summary>
/// <param name="Top">The folder above the split, or nothing.</param>
/// <param name="Split">The split's folder as it is written.</param>
/// <param name="IsTrain">Whether that is the one to train on.</param>
/// <param name="Client">The client's folder above the class; null where there is none.</param>
/// <param name="Class">The class.</param>
/// <param name="File">The file's own name.</param>
internal readonly record struct ImagePath(string Top, string Split, bool IsTrain, string? Client, string Class, string File)
{
    private const string Train = "train";

    private static readonly HashSet<string> Splits = new(StringComparer.OrdinalIgnoreCase) { Train, "test", "val", "valid", "validation" };

    /// <summary>The same where images lie class/file, in one folder at most.</summary>
    /// <exception cref="DatasetException">It lies where no image does, or the images are divided.</exception>
    /// <param name="file">The file.</param>
    /// <param name="byClient">Whether there is a client's folder above each class's.</param>
    public static ImagePath? OfUndivided(ContainedFile file, bool byClient)
    {
        var parts = file.Name.Split('/');
        var least = byClient ? 3 : 2;
        if (IsLeftover(parts) || parts.Length == 1)
            return null;
        if (parts.Length < least || parts.Length > least + 1)
            throw new DatasetException($"{file.Place}: {ImageLayout.ExpectedUndividedOf(byClient)}");
        if (Splits.Contains(parts[0]) && (parts.Length > least || byClient))
            throw new DatasetException($"testFraction: {file.Place}: the images are divided already; expected none, or {ImageLayout.ExpectedUndividedOf(byClient)}");
        return new ImagePath(parts.Length > least ? parts[0] : "", "", true, byClient ? parts[^3] : null, parts[^2], parts[^1]);
    }

    /// <summary>Null for a file that tells about the images or that a file manager left behind.</summary>
    /// <exception cref="DatasetException">It lies where no image does.</exception>
    /// <param name="file">The file.</param>
    /// <param name="byClient">Whether there is a client's folder above each class's to train on, and may be one above those to test on.</param>
    public static ImagePath? Of(ContainedFile file, bool byClient)
    {
        var parts = file.Name.Split('/');
        if (IsLeftover(parts))
            return null;
        var split = Array.FindIndex(parts, 0, Math.Min(2, parts.Length - 1), Splits.Contains);
        if (split < 0)
            return parts.Length <= 2 ? null : throw new DatasetException($"{file.Place}: neither in train nor in test; {ImageLayout.ExpectedOf(byClient)}");
        var isTrain = parts[split].Equals(Train, StringComparison.OrdinalIgnoreCase);
        var depth = parts.Length - split;
        if (depth != (byClient && isTrain ? 4 : 3) && !(byClient && depth == 4))
            throw new DatasetException($"{file.Place}: {ImageLayout.ExpectedOf(byClient)}");
        return new ImagePath(split == 0 ? "" : parts[0], parts[split], isTrain, depth == 4 ? parts[^3] : null, parts[^2], parts[^1]);
    }

    private static bool IsLeftover(string[] parts) => Array.Exists(parts, FolderNames.IsLeftover);
}
