using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>The sources that arguments name.</summary>
internal sealed class DatasetSources(IDatasetSource cifar10Download, int recordsPerBatch)
{
    /// <summary>CIFAR-10 from the cache, or downloaded into it.</summary>
    public IDatasetSource Cifar10Download => cifar10Download;

    /// <summary>The source that an argument names.</summary>
    /// <exception cref="DatasetException">It names nothing that is there.</exception>
    public IDatasetSource Open(string argument, CancellationToken cancellationToken) => DatasetArgument.Parse(argument) switch
    {
        DatasetArgument.Cifar10Download => Cifar10Download,
        DatasetArgument.Cifar10 cifar10 => new Cifar10Source(cifar10.Path, recordsPerBatch),
        DatasetArgument.Images images => new ImagesSource(images.Path),
        DatasetArgument.Synthetic synthetic => new SyntheticSource(synthetic.Parameters),
        DatasetArgument.Either either => Detect(either.Path, cancellationToken),
        var other => throw new InvalidOperationException($"no source for {other}"),
    };

    private IDatasetSource Detect(string path, CancellationToken cancellationToken)
    {
        if (!Path.Exists(path))
            throw new DatasetException($"data: '{EntryName.Printable(path)}': no such file or folder; expected {DatasetArgument.Forms}");
        return Cifar10Source.BatchFolder(path) is not null || (File.Exists(path) && HasBatches(FileContainer.Open(path), cancellationToken))
            ? new Cifar10Source(path, recordsPerBatch)
            : new ImagesSource(path);
    }

    /// <summary>Looks no further than the first file that lies as an image does: a second look at a large archive should take no time.</summary>
    private static bool HasBatches(FileContainer archive, CancellationToken cancellationToken)
    {
        const int imageDepth = 3;
        return archive.Files(cancellationToken)
            .TakeWhile(file => file.Name.Split('/').Length < imageDepth)
            .Any(file => file.Name[(file.Name.LastIndexOf('/') + 1)..] == Cifar10Source.FirstBatch);
    }
}
