using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>Files of a known data set, which has a test set of its own.</summary>
internal abstract class DividedFiles(string kind, string what, int decoderVersion, FileContainer container, SourceForm form)
    : FileSource(kind, what, decoderVersion, container, form)
{
    private protected sealed override ImageDataset Load(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        if (Form.TestFraction is not null)
            throw new DatasetException($"testFraction: {Description}: has a test set of its own; expected none");
        var dataset = Read(progress, cancellationToken);
        return Form.Size is null ? dataset : new ImageDataset(dataset.Classes, Form.Apply(dataset.Train), Form.Apply(dataset.Test));
    }

    /// <summary>Decodes the files as they are.</summary>
    private protected abstract ImageDataset Read(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken);
}
