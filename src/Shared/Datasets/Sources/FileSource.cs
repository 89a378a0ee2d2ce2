using FlDurable.Shared.Datasets.Containers;

namespace FlDurable.Shared.Datasets.Sources;

/// <summary>A source that is files in a folder or an archive.</summary>
/// <param name="kind">Its name in arguments and records.</param>
/// <param name="what">What it is, for a person.</param>
/// <param name="decoderVersion">Another number wherever the same files give other data than before.</param>
/// <param name="container">The files.</param>
/// <param name="form">How its images are wanted.</param>
internal abstract class FileSource(string kind, string what, int decoderVersion, FileContainer container, SourceForm form) : IDatasetSource
{
    /// <inheritdoc/>
    public string Kind => kind;

    /// <summary>Whether it can tell by the files which client an example is of (<see cref="SourceForm.By"/>).</summary>
    public virtual bool TellsClients => false;

    /// <inheritdoc/>
    public string Argument => $"{kind}:{container.Path}";

    /// <inheritdoc/>
    public string Description => $"{what} from {container.Path}{form.Description}";

    /// <summary>The files.</summary>
    protected FileContainer Container => container;

    /// <summary>How its images are wanted.</summary>
    protected SourceForm Form => form;

    /// <inheritdoc/>
    public Task<string> FingerprintAsync(CancellationToken cancellationToken) => Task.Run(
        () => SourceFingerprint.Of(Kind, decoderVersion, $"{container.GetType().Name}/{container.ContentSha256(cancellationToken)}{form.Identity}"),
        cancellationToken);

    /// <inheritdoc/>
    public Task<ImageDataset> LoadAsync(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        Task.Run(() => Load(progress, cancellationToken), cancellationToken);

    /// <summary>Decodes the files.</summary>
    private protected abstract ImageDataset Load(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken);
}
