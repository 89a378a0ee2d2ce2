using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;

namespace FlDurable.LocalHost.Show;

/// <summary>How many images of each class each client has.</summary>
internal sealed class Division
{
    private readonly IReadOnlyList<IReadOnlyList<int>> counts;

    /// <param name="images">The training images.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="parts">For each client the indices of its images.</param>
    public Division(ImageExamples images, int classes, IReadOnlyList<int[]> parts)
        : this(LabelCounts.Of(images, classes, parts), classes) => Images = images.Count;

    /// <param name="counts">For each client, for each class, how many images it has.</param>
    /// <param name="classes">How many classes there are.</param>
    public Division(IReadOnlyList<IReadOnlyList<int>> counts, int classes)
    {
        this.counts = counts;
        Classes = classes;
        Images = counts.Sum(of => of.Sum());
    }

    /// <summary>What the data itself calls the clients; null where it doesn't.</summary>
    public IReadOnlyList<string>? NaturalIds { get; init; }

    /// <summary>How many clients there are.</summary>
    public int Clients => counts.Count;

    /// <summary>How many classes there are.</summary>
    public int Classes { get; }

    /// <summary>All training images, also those that no client has.</summary>
    public int Images { get; private init; }

    /// <summary>Images that no client has.</summary>
    public int Unused => Images - counts.Sum(of => of.Sum());

    /// <summary>The largest client's images as a multiple of the smallest one's.</summary>
    public double SizeRatio => (double)counts.Max(of => of.Sum()) / counts.Min(of => of.Sum());

    /// <summary>The entropy of a client's classes in bits, the clients' mean: log2 of the number of classes where each has all alike, 0 where each has one.</summary>
    public double LabelEntropy => counts.Average(Entropy);

    /// <summary>Images of a class that a client has.</summary>
    public int this[int client, int label] => counts[client][label];

    /// <summary>Images that a client has.</summary>
    public int SizeOf(int client) => counts[client].Sum();

    private static double Entropy(IReadOnlyList<int> of)
    {
        var all = (double)of.Sum();
        return of.Where(count => count > 0).Sum(count => -(count / all) * Math.Log2(count / all));
    }
}
