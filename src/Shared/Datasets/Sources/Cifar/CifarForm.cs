namespace FlDurable.Shared.Datasets.Sources.Cifar;

/// <summary>
/// What the files of CIFAR-10 and CIFAR-100 are called and hold (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html), in the binary
/// version and in Python's.
/// </summary>
internal sealed record CifarForm
{
    private const string Binary = ".bin";

    private CifarForm()
    {
    }

    /// <summary>CIFAR-10.</summary>
    public static CifarForm Ten { get; } = new()
    {
        Kind = "cifar10",
        What = "CIFAR-10",
        Train = [.. Enumerable.Range(1, 5).Select(number => $"data_batch_{number}")],
        Test = "test_batch",
        BinaryNames = "batches.meta.txt",
        PythonNames = "batches.meta",
        NamesKey = "label_names",
        LabelsKey = "labels",
        LabelBytes = 1,
        LabelAt = 0,
        Classes = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
    };

    /// <summary>CIFAR-100 in its 100 classes.</summary>
    public static CifarForm Hundred { get; } = new()
    {
        Kind = "cifar100",
        What = "CIFAR-100",
        Train = ["train"],
        Test = "test",
        BinaryNames = "fine_label_names.txt",
        PythonNames = "meta",
        NamesKey = "fine_label_names",
        LabelsKey = "fine_labels",
        LabelBytes = 2,
        LabelAt = 1,
        Classes = [.. Enumerable.Range(0, 100).Select(label => $"{label}")],
    };

    /// <summary>CIFAR-100 in its 20 superclasses.</summary>
    public static CifarForm HundredCoarse { get; } = Hundred with
    {
        Kind = "cifar100-coarse",
        What = "CIFAR-100 by superclass",
        BinaryNames = "coarse_label_names.txt",
        NamesKey = "coarse_label_names",
        LabelsKey = "coarse_labels",
        LabelAt = 0,
        Classes = [.. Enumerable.Range(0, 20).Select(label => $"{label}")],
    };

    /// <summary>All of them.</summary>
    public static IReadOnlyList<CifarForm> All { get; } = [Ten, Hundred, HundredCoarse];

    /// <summary>Its name in arguments and records.</summary>
    public required string Kind { get; init; }

    /// <summary>What it is, for a person.</summary>
    public required string What { get; init; }

    /// <summary>The training batches in order, as they are called in Python's version.</summary>
    public required IReadOnlyList<string> Train { get; init; }

    /// <summary>The test batch.</summary>
    public required string Test { get; init; }

    /// <summary>The binary version's file with the classes' names.</summary>
    public required string BinaryNames { get; init; }

    /// <summary>Python's file with the classes' names.</summary>
    public required string PythonNames { get; init; }

    /// <summary>Under which key Python's file has them.</summary>
    public required string NamesKey { get; init; }

    /// <summary>Under which key Python's batches have labels.</summary>
    public required string LabelsKey { get; init; }

    /// <summary>How many labels a record of the binary version begins with.</summary>
    public required int LabelBytes { get; init; }

    /// <summary>Which of these it is.</summary>
    public required int LabelAt { get; init; }

    /// <summary>The classes where no file names them.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>All batches, the test batch last.</summary>
    public IEnumerable<string> Batches => Train.Append(Test);

    /// <summary>The batch that a file is by its name; null if it is none.</summary>
    public string? BatchOf(string file, out bool isBinary)
    {
        isBinary = file.EndsWith(Binary, StringComparison.Ordinal);
        var name = isBinary ? file[..^Binary.Length] : file;
        return Batches.Contains(name) ? name : null;
    }

    /// <summary>Whether a file is by its name one that only this form has.</summary>
    public bool IsKnownBy(string file) => BatchOf(file, out _) == Train[0] || file == BinaryNames || file == PythonNames;
}
