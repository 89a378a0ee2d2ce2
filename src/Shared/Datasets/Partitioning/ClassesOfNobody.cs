namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>The classes of which a division gives no client an image: nobody can learn them, and the central test set has them all the same.</summary>
public static class ClassesOfNobody
{
    /// <summary>Their names, in the classes' order.</summary>
    /// <param name="train">The images.</param>
    /// <param name="classes">All classes' names.</param>
    /// <param name="parts">For each client the indices of its images.</param>
    public static IReadOnlyList<string> Find(ImageExamples train, IReadOnlyList<string> classes, IReadOnlyList<int[]> parts)
    {
        var isThere = new bool[classes.Count];
        foreach (var part in parts)
        {
            foreach (var image in part)
                isThere[train.Label(image)] = true;
        }

        return [.. classes.Where((_, label) => !isThere[label])];
    }

    /// <summary>What a person is told of them; null where there are none.</summary>
    /// <param name="names">Their names.</param>
    /// <param name="classes">How many classes there are in all.</param>
    public static string? Describe(IReadOnlyList<string> names, int classes) => names.Count == 0
        ? null
        : FormattableString.Invariant($"no client has an image of {names.Count} of {classes} classes, which nobody can learn: {string.Join(", ", names)}");
}
