using System.Text;
using FlDurable.Shared.Datasets.Containers;
using FlDurable.Shared.Networks;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>
/// The official binary version of CIFAR-10 (Krizhevsky 2009, https://www.cs.toronto.edu/~kriz/cifar.html) in a folder or an archive:
/// five training batches and a test batch of 10,000 records, and optionally the classes' names.
/// </summary>
internal sealed class Cifar10Source : IDatasetSource
{
    /// <summary>Its name in specs and records.</summary>
    public const string KindName = "cifar10";

    /// <summary>The file by which CIFAR-10 is known.</summary>
    public const string FirstBatch = "data_batch_1.bin";

    /// <summary>What every official batch has.</summary>
    public const int OfficialRecordsPerBatch = 10_000;

    private const int DecoderVersion = 1;
    private const int MaxNamesLength = 1 << 16;
    private const string TestBatch = "test_batch.bin";
    private const string NamesFile = "batches.meta.txt";

    private static readonly string[] TrainBatches = [FirstBatch, .. Enumerable.Range(2, 4).Select(number => $"data_batch_{number}.bin")];

    private static readonly string[] OfficialNames =
        ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

    private static readonly ImageShape Shape = new(3, 32, 32);

    private readonly FileContainer container;
    private readonly int recordsPerBatch;

    /// <summary>Looks for the files in a folder, its subfolders, or an archive.</summary>
    /// <param name="path">The folder or archive.</param>
    /// <param name="recordsPerBatch">Fewer than the official number in tests.</param>
    /// <exception cref="DatasetException">There is nothing at <paramref name="path"/>.</exception>
    public Cifar10Source(string path, int recordsPerBatch = OfficialRecordsPerBatch)
    {
        container = FileContainer.Open(BatchFolder(path) ?? path);
        this.recordsPerBatch = recordsPerBatch;
    }

    /// <inheritdoc/>
    public string Kind => KindName;

    /// <inheritdoc/>
    public string Argument => $"{KindName}:{container.Path}";

    /// <inheritdoc/>
    public string Description => $"CIFAR-10 from {container.Path}";

    private int BatchLength => recordsPerBatch * (1 + Shape.Length);

    /// <summary>The folder itself, or the first folder in it, that has the batches; null when there is none.</summary>
    public static string? BatchFolder(string path)
    {
        if (!Directory.Exists(path))
            return null;
        try
        {
            return Directory.EnumerateDirectories(path).Order(StringComparer.Ordinal).Prepend(path)
                .FirstOrDefault(folder => File.Exists(Path.Combine(folder, FirstBatch)));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: can't be read: {FileFailure.Describe(exception)}", exception);
        }
    }

    /// <inheritdoc/>
    public Task<string> FingerprintAsync(CancellationToken cancellationToken) => Task.Run(
        () => SourceFingerprint.Of(Kind, DecoderVersion, $"{container.GetType().Name}/{container.ContentSha256(cancellationToken)}"),
        cancellationToken);

    /// <inheritdoc/>
    public Task<ImageDataset> LoadAsync(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        Task.Run(() => Load(progress, cancellationToken), cancellationToken);

    private ImageDataset Load(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var train = GC.AllocateUninitializedArray<byte>(TrainBatches.Length * BatchLength);
        var test = GC.AllocateUninitializedArray<byte>(BatchLength);
        var names = OfficialNames;
        var batches = TrainBatches.Select((name, index) => (name, target: train.AsMemory(index * BatchLength, BatchLength)))
            .Append((name: TestBatch, target: test.AsMemory()))
            .ToDictionary(batch => batch.name, batch => batch.target, StringComparer.Ordinal);
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (var file in container.Files(cancellationToken))
        {
            var name = file.Name[(file.Name.LastIndexOf('/') + 1)..];
            if (name != NamesFile && !batches.ContainsKey(name))
                continue;
            if (!found.Add(name))
                throw new DatasetException($"{file.Place}: there is a second {name}; expected one");
            if (name == NamesFile)
            {
                names = ReadNames(file);
                continue;
            }

            ReadBatch(file, batches[name]);
            var read = found.Count(batches.ContainsKey);
            progress?.Report(new DatasetProgress(DatasetStage.Decoding, read * recordsPerBatch, batches.Count * recordsPerBatch));
        }

        var missing = batches.Keys.Where(name => !found.Contains(name)).ToList();
        if (missing.Count > 0)
        {
            throw new DatasetException(
                $"{container.Path}: {string.Join(", ", missing)} missing; expected the binary version of CIFAR-10: " +
                $"{string.Join(", ", batches.Keys)} (cifar-10-binary.tar.gz or what is in it)");
        }

        return new ImageDataset(names, new ImageExamples(train, Shape, names.Length), new ImageExamples(test, Shape, names.Length));
    }

    private void ReadBatch(ContainedFile file, Memory<byte> target)
    {
        if (file.Length != target.Length)
        {
            throw new DatasetException(FormattableString.Invariant(
                $"{file.Place}: {file.Length:N0} bytes; expected {target.Length:N0}, {recordsPerBatch:N0} records. Get the file again."));
        }

        file.ReadInto(target);
        try
        {
            _ = new ImageExamples(target, Shape, OfficialNames.Length);
        }
        catch (InvalidDataException exception)
        {
            throw new DatasetException($"{file.Place}: {exception.Message}. Get the file again.", exception);
        }
    }

    private static string[] ReadNames(ContainedFile file)
    {
        if (file.Length > MaxNamesLength)
            throw new DatasetException(FormattableString.Invariant($"{file.Place}: {file.Length:N0} bytes; expected ten lines"));
        var names = Encoding.UTF8.GetString(file.ReadAll())
            .Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length != OfficialNames.Length || names.Distinct(StringComparer.Ordinal).Count() != names.Length)
            throw new DatasetException($"{file.Place}: {names.Length} names; expected ten different ones, one a line");
        return names;
    }
}
