namespace FlDurable.ClientActivities;

/// <summary>How many images of each class were taken for which.</summary>
public sealed class ConfusionMatrix
{
    private readonly long[] counts;

    private ConfusionMatrix(int classes)
    {
        Classes = classes;
        counts = new long[classes * classes];
    }

    /// <summary>How many classes there are.</summary>
    public int Classes { get; }

    /// <summary>How many images of a class were taken for another, or for that same.</summary>
    /// <param name="label">The class that they are of.</param>
    /// <param name="taken">The class that they were taken for.</param>
    public long this[int label, int taken] => counts[(label * Classes) + taken];

    /// <summary>Counts what a network makes of images.</summary>
    public static ConfusionMatrix Of(Predictions predictions)
    {
        var matrix = new ConfusionMatrix(predictions.Classes);
        for (var image = 0; image < predictions.Count; image++)
            matrix.counts[(predictions.Label(image) * matrix.Classes) + predictions.Class(image)]++;
        return matrix;
    }

    /// <summary>The images that are of a class.</summary>
    public long Images(int label) => Enumerable.Range(0, Classes).Sum(taken => this[label, taken]);

    /// <summary>The images that were taken for a class.</summary>
    public long Taken(int label) => Enumerable.Range(0, Classes).Sum(other => this[other, label]);

    /// <summary>The share of a class's images that were taken for it, TP / (TP + FN); null where it has none.</summary>
    public double? Recall(int label) => Images(label) is > 0 and var images ? (double)this[label, label] / images : null;

    /// <summary>The share of the images taken for a class that are of it, TP / (TP + FP); null where none was.</summary>
    public double? Precision(int label) => Taken(label) is > 0 and var taken ? (double)this[label, label] / taken : null;

    /// <summary>F1 = 2 TP / (2 TP + FP + FN), the harmonic mean of recall and precision; null where the class has no image.</summary>
    public double? F1(int label) => Images(label) is > 0 and var images ? 2.0 * this[label, label] / (images + Taken(label)) : null;
}
