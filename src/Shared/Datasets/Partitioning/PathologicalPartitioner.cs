using FlDurable.Shared.Randomness;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Partitioning;

/// <summary>Which classes a client has that has only a few.</summary>
public enum ClassAssignmentMode
{
    /// <summary>Any, drawn for each client.</summary>
    Random,

    /// <summary>Client p has classes p, p + 1, …, counted on from the first behind the last.</summary>
    Deterministic,

    /// <summary>Client p has class p, counted on likewise, and others that are drawn.</summary>
    FirstDeterministic,
}

/// <summary>
/// Each client has images of so many classes only (McMahan et al. 2017 call such a division pathological). A class is cut into as many pieces as clients
/// have it, the first ones longer by one where it doesn't divide. Images of classes that nobody has are not used. As Flower's
/// <c>PathologicalPartitioner</c>.
/// </summary>
/// <param name="classesPerPartition">How many classes a client has, at least 1.</param>
/// <param name="classAssignmentMode">Which.</param>
public sealed class PathologicalPartitioner(int classesPerPartition = 2, ClassAssignmentMode classAssignmentMode = ClassAssignmentMode.Random)
    : IPartitioner
{
    private static readonly WholeNumberField ClassesPerPartition =
        new("classesPerPartition", "How many classes a client has.", 1, DatasetLimits.MaxClasses) { Default = 2 };

    private static readonly WordField Mode = new(
        "classAssignmentMode",
        "Which: drawn (`random`); class p and those after it for client p (`deterministic`); class p and others that are drawn (`first-deterministic`).",
        ["random", "deterministic", "first-deterministic"])
    {
        Default = "random",
    };

    /// <summary>As specs name it.</summary>
    public static Partitioner Named { get; } = new("pathological", choice => new PathologicalPartitioner((int)choice.Of(ClassesPerPartition), ModeOf(choice.Of(Mode))))
    {
        Options = [ClassesPerPartition, Mode],
    };

    /// <inheritdoc/>
    public string Name => "pathological";

    /// <inheritdoc/>
    public IReadOnlyList<int[]> Partition(TrainingImages images)
    {
        Parts.RequireImageForEach(images);
        if (classesPerPartition < 1 || classesPerPartition > images.Classes)
            throw Parts.Refused(FormattableString.Invariant($"classesPerPartition: {classesPerPartition:N0}; expected 1 to {images.Classes}, the classes of the data set"));
        var random = new RandomStream(images.Seed, RandomPurpose.Partitioning);
        var byClass = new ImagesByClass(images, random);
        var owners = Enumerable.Range(0, byClass.Count).Select(_ => new List<int>()).ToArray();
        for (var client = 0; client < images.Clients; client++)
        {
            foreach (var label in ClassesOf(client, byClass.Count, random))
                owners[label].Add(client);
        }

        var parts = new Parts(images.Clients);
        foreach (var (label, clients) in owners.Index())
        {
            var first = 0;
            foreach (var (piece, client) in clients.Index())
            {
                var length = byClass[label].Length / clients.Count + (piece < byClass[label].Length % clients.Count ? 1 : 0);
                parts.Add(client, byClass[label].Slice(first, length));
                first += length;
            }
        }

        return parts.Shuffled(random, "expected fewer clients, more classesPerPartition or more images");
    }

    private static ClassAssignmentMode ModeOf(string word) => word switch
    {
        "random" => ClassAssignmentMode.Random,
        "deterministic" => ClassAssignmentMode.Deterministic,
        _ => ClassAssignmentMode.FirstDeterministic,
    };

    private IEnumerable<int> ClassesOf(int client, int classes, RandomStream random)
    {
        if (classAssignmentMode == ClassAssignmentMode.Deterministic)
            return Enumerable.Range(client, classesPerPartition).Select(label => label % classes);
        var others = Enumerable.Range(0, classes).ToArray();
        random.Shuffle(others.AsSpan());
        return classAssignmentMode == ClassAssignmentMode.Random
            ? others.Take(classesPerPartition)
            : others.Where(label => label != client % classes).Prepend(client % classes).Take(classesPerPartition);
    }
}
