using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>
/// Each client has images of so many classes, and a table says how many of each: client p has classes p, p + 1, …, counted on from the first
/// behind the last; the nth client that has a class gets what the class's row says in column n (Li et al., "Federated optimization in
/// heterogeneous networks", MLSys 2020, divided MNIST so). As Flower's <c>DistributionPartitioner</c>. Images beyond the table are not used.
/// </summary>
/// <param name="distribution">The table, row by row: for each class as many numbers as clients have the class. Not negative, each row with something.</param>
/// <param name="classesPerPartition">How many classes a client has.</param>
/// <param name="preassignedPerClass">With <paramref name="rescale"/>: how many images of each of its classes a client gets in any case.</param>
/// <param name="rescale">Whether the table's rows are shares, by which all images are given out, instead of numbers of images.</param>
public sealed class DistributionPartitioner(
    IReadOnlyList<double> distribution, int classesPerPartition, int preassignedPerClass = 0, bool rescale = true) : IPartitioner
{
    private static readonly NumbersField Distribution = new(
        "distribution", "The table, row by row: for each class as many numbers as clients have it, which are clients · `classesPerPartition` / classes.", new NumberRange(0, 1e12))
    {
        Default = [],
    };

    private static readonly WholeNumberField ClassesPerPartition =
        new("classesPerPartition", "How many classes a client has.", 1, DatasetLimits.MaxClasses) { Default = 2 };

    private static readonly WholeNumberField PreassignedPerClass =
        new("preassignedPerClass", "With `rescale`: how many images of each of its classes a client gets in any case.", 0, int.MaxValue) { Default = 0 };

    private static readonly FlagField Rescale =
        new("rescale", "Whether the rows are shares, by which all images are given out, instead of numbers of images.") { Default = true };

    /// <summary>As specs name it.</summary>
    public static Partitioner Named { get; } = new(
        "distribution",
        choice => new DistributionPartitioner(
            choice.Of(Distribution), (int)choice.Of(ClassesPerPartition), (int)choice.Of(PreassignedPerClass), choice.Of(Rescale)))
    {
        Options = [Distribution, ClassesPerPartition, PreassignedPerClass, Rescale],
    };

    /// <inheritdoc/>
    public string Name => "distribution";

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Partition(TrainingImages images)
    {
        Parts.RequireImageForEach(images);
        var columns = Columns(images);
        var random = new RandomStream(images.Seed, RandomPurpose.Partitioning);
        var byClass = new ImagesByClass(images, random);
        var counts = Enumerable.Range(0, byClass.Count).Select(label => Counts(label, byClass[label].Length, columns, random)).ToArray();
        var (given, column) = (new int[byClass.Count], new int[byClass.Count]);
        var parts = new Parts(images.Clients);
        for (var client = 0; client < images.Clients; client++)
        {
            for (var next = 0; next < classesPerPartition; next++)
            {
                var label = (client + next) % byClass.Count;
                var count = counts[label][column[label]++];
                parts.Add(client, byClass[label].Slice(given[label], count));
                given[label] += count;
            }
        }

        return parts.Shuffled(random, "expected more in its columns of the distribution");
    }

    /// <summary>How many clients have each class.</summary>
    private int Columns(TrainingImages images)
    {
        if (classesPerPartition < 1 || classesPerPartition > images.Classes)
            throw Parts.Refused(FormattableString.Invariant($"classesPerPartition: {classesPerPartition:N0}; expected 1 to {images.Classes}, the classes of the data set"));
        if (images.Clients % images.Classes != 0)
            throw Parts.Refused(FormattableString.Invariant($"distribution: {images.Clients:N0} clients; expected a multiple of {images.Classes}, the classes of the data set"));
        var columns = (int)((long)images.Clients * classesPerPartition / images.Classes);
        if (distribution.Count != images.Classes * columns)
        {
            throw Parts.Refused(FormattableString.Invariant(
                $"distribution: {distribution.Count:N0} numbers; expected {images.Classes * columns:N0}, {images.Classes} rows (classes) of {columns:N0} (clients that have a class)"));
        }

        return columns;
    }

    private int[] Counts(int label, int images, int columns, RandomStream random)
    {
        var row = distribution.Skip(label * columns).Take(columns).ToList();
        if (row.Any(value => value < 0 || !double.IsFinite(value)) || row.Sum() is var sum && !(sum > 0))
            throw Refused("a negative value, or nothing above 0; expected what can be shared by");
        if (!rescale)
        {
            var counts = row.Select(value => value <= images ? (int)value : images + 1).ToArray();
            return counts.Sum(count => (long)count) <= images ? counts : throw Refused(FormattableString.Invariant($"{sum:N0} images; there are only {images:N0}"));
        }

        var shared = images - (long)preassignedPerClass * columns;
        if (shared < 0)
            throw Refused(FormattableString.Invariant($"{preassignedPerClass:N0} images for each of {columns:N0} clients (preassignedPerClass); there are only {images:N0}"));
        var shares = row.Select(value => (int)(value / sum * shared) + preassignedPerClass).ToArray();
        shares[random.NextInt32(columns)] += images - shares.Sum();
        return shares;

        DatasetException Refused(string why) => Parts.Refused(FormattableString.Invariant($"distribution: class {label}: {why}"));
    }
}
