namespace FlDurable.Shared.Datasets.Sources.Cifar;

/// <summary>CIFAR-10's official archive, downloaded once.</summary>
internal sealed class Cifar10DownloadSource(string folder, RemoteFile remote, Downloader downloader, SourceForm form) : IDatasetSource
{
    private const int DecoderVersion = 1;

    private readonly string archive = Path.Combine(folder, remote.Name);

    /// <inheritdoc/>
    public string Kind => CifarForm.Ten.Kind;

    /// <inheritdoc/>
    public string Argument => CifarForm.Ten.Kind;

    /// <inheritdoc/>
    public string Description => $"CIFAR-10 as downloaded from {remote.Address}{form.Description}";

    /// <inheritdoc/>
    public Task<string> FingerprintAsync(CancellationToken cancellationToken) =>
        Task.FromResult(SourceFingerprint.Of(Kind, DecoderVersion, $"md5/{remote.Md5}{form.Identity}"));

    /// <inheritdoc/>
    public async Task<ImageDataset> LoadAsync(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        await downloader.DownloadAsync(remote, archive, progress, cancellationToken);
        return await new CifarSource(CifarForm.Ten, archive, form).LoadAsync(progress, cancellationToken);
    }
}
