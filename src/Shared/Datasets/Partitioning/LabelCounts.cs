namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>How many images of each class each client has.</summary>
public static class LabelCounts
{
    /// <summary>So many numbers a manifest has at most: of more clients and classes it says nothing.</summary>
    public const int MostKept = 100_000;

    /// <summary>Counts.</summary>
    /// <param name="images">The images.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="parts">For each client the indices of its images.</param>
    /// <returns>For each client, for each class.</returns>
    public static IReadOnlyList<int[]> Of(ImageExamples images, int classes, IReadOnlyList<int[]> parts) =>
    [
        .. parts.Select(part =>
        {
            var counts = new int[classes];
            foreach (var index in part)
                counts[images.Label(index)]++;
            return counts;
        }),
    ];
}
