using FlDurable.Shared.Randomness;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>The images of each class in random order, to be dealt out class by class.</summary>
internal sealed class ImagesByClass
{
    private readonly int[][] classes;

    /// <summary>Sorts images by class and shuffles each class.</summary>
    public ImagesByClass(TrainingImages images, RandomStream random)
    {
        var indices = Enumerable.Range(0, images.Classes).Select(_ => new List<int>()).ToArray();
        var labels = images.Labels.Span;
        for (var index = 0; index < labels.Length; index++)
            indices[labels[index]].Add(index);
        classes = [.. indices.Select(of => of.ToArray())];
        foreach (var of in classes)
            random.Shuffle(of.AsSpan());
    }

    /// <summary>How many classes there are.</summary>
    public int Count => classes.Length;

    /// <summary>The images of a class.</summary>
    public ReadOnlySpan<int> this[int label] => classes[label];

    /// <summary>All images, class by class.</summary>
    public int[] Sorted() => [.. classes.SelectMany(of => of)];
}
