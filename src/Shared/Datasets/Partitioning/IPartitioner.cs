namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>A way to divide the training images among clients.</summary>
public interface IPartitioner
{
    /// <summary>The name in specs.</summary>
    string Name { get; }

    /// <summary>
    /// Divides images: every image goes to exactly one client, and every client gets one or more. A pure function of its arguments. Each
    /// part is in an order of its own that says nothing: its end becomes the client's validation images.
    /// </summary>
    /// <param name="labels">The label of every training image.</param>
    /// <param name="clients">Among how many clients, at least 1.</param>
    /// <param name="seed">The federation's seed.</param>
    /// <returns>For every client the indices of its images.</returns>
    /// <exception cref="DatasetException">There are too few images for so many clients.</exception>
    IReadOnlyList<int[]> Partition(ReadOnlyMemory<byte> labels, int clients, long seed);
}
