namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>A way to divide the training images among clients.</summary>
public interface IPartitioner
{
    /// <summary>The name in specs.</summary>
    string Name { get; }

    /// <summary>
    /// Divides images: every image goes to one client at most, and every client gets one or more. A pure function of its argument. Each
    /// part is in an order of its own that says nothing: its end becomes the client's validation images.
    /// </summary>
    /// <param name="images">What is divided.</param>
    /// <returns>For every client the indices of its images.</returns>
    /// <exception cref="DatasetException">The images can't be divided so; its text names the option and what would do.</exception>
    IReadOnlyList<int[]> Partition(TrainingImages images);
}

/// <summary>The training images as a partitioner sees them.</summary>
/// <param name="Labels">The label of each, from 0.</param>
/// <param name="Classes">How many classes there are; some may have no image.</param>
/// <param name="Clients">Among how many clients they are divided, at least 1.</param>
/// <param name="Seed">The federation's seed.</param>
public sealed record TrainingImages(ReadOnlyMemory<byte> Labels, int Classes, int Clients, long Seed)
{
    /// <summary>The clients that they are of, as the data itself tells; null where it doesn't, or isn't asked.</summary>
    public NaturalIds? Ids { get; init; }

    /// <summary>Those of a data set.</summary>
    public static TrainingImages Of(ImageDataset dataset, int clients, long seed)
    {
        var labels = new byte[dataset.Train.Count];
        for (var index = 0; index < labels.Length; index++)
            labels[index] = (byte)dataset.Train.Label(index);
        return new TrainingImages(labels, dataset.Classes.Count, clients, seed) { Ids = dataset.NaturalIds };
    }
}
