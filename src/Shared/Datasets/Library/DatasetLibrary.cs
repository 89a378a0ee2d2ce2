using FlDurable.Shared.Datasets.Sources;
using FlDurable.Shared.Datasets.Sources.Cifar;
using FlDurable.Shared.Datasets.Sources.Parquet;
using FlDurable.Shared.Datasets.Sources.Tables;
using FlDurable.Shared.Specs;

namespace FlDurable.Shared.Datasets.Library;

/// <summary>Data sets by their arguments, decoded once into a cache folder.</summary>
public sealed class DatasetLibrary : IDatasetLibrary
{
    private readonly DatasetCache cache;
    private readonly DatasetNames names;
    private readonly DatasetSources sources;
    private readonly SyntheticParameters offline;

    // Whoever resolves a data set mostly opens it next.
    private static readonly TimeSpan HeldFor = TimeSpan.FromSeconds(10);

    private readonly TimeProvider time;
    private ImageDataset? decoded;

    /// <summary>Uses a cache folder, which is made when something is first kept there.</summary>
    /// <param name="cacheFolder">For instance <see cref="CacheFolder.Default"/>. Processes may share it.</param>
    /// <param name="http">What CIFAR-10 is downloaded with; its time-out must not be shorter than the download.</param>
    /// <param name="time">What waiting for a server is measured by.</param>
    /// <param name="names">What there is to name; null for the built-in forms alone.</param>
    public DatasetLibrary(string cacheFolder, HttpClient http, TimeProvider time, DatasetNames? names = null)
        : this(cacheFolder, http, time, RemoteFile.Cifar10, new SyntheticParameters(), names)
    {
    }

    /// <summary>With a smaller CIFAR-10 and fewer synthetic images, for tests.</summary>
    internal DatasetLibrary(
        string cacheFolder, HttpClient http, TimeProvider time, RemoteFile cifar10, SyntheticParameters offline, DatasetNames? names = null)
    {
        this.offline = offline;
        this.time = time;
        this.names = names ?? new DatasetNames();
        cache = new DatasetCache(cacheFolder);
        sources = new DatasetSources(this.names, form => new Cifar10DownloadSource(cache.Downloads, cifar10, new Downloader(http, time), form));
    }

    /// <inheritdoc/>
    public Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        if (request.Data is not { } data)
            return ResolveDefaultAsync(request, progress, cancellationToken);
        RequireWithin(request);
        return ResolveAsync(sources.Open(data, SourceForm.Of(request), cancellationToken), request, progress, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref decoded, null) is { } last && last.Sha256 == sourceSha256)
            return last;
        if (await cache.ReadAsync(sourceSha256, cancellationToken) is { } cached)
            return cached;
        var reasons = new List<string>();
        foreach (var source in await cache.SourcesOfAsync(sourceSha256, cancellationToken))
        {
            try
            {
                return await RemakeAsync(source.Request(), sourceSha256, cancellationToken);
            }
            catch (DatasetException exception)
            {
                reasons.Add(exception.Message);
            }
        }

        throw new DatasetException(
            $"data set {sourceSha256}: missing or damaged in {cache.Folder}, and can't be decoded again: " +
            (reasons.Count > 0 ? string.Join("; ", reasons) : "where it came from is not known here") +
            ". Resolve its source again (--data) on this machine, or name the cache that has it in " + CacheFolder.Variable + ".");
    }

    /// <inheritdoc/>
    public async Task<ImageDataset> PeekAsync(string sourceSha256, CancellationToken cancellationToken)
    {
        var dataset = await OpenAsync(sourceSha256, cancellationToken);
        Hold(dataset);
        return dataset;
    }

    /// <summary>CIFAR-10 if it is there or can be had, else synthetic images.</summary>
    private async Task<ResolvedDataset> ResolveDefaultAsync(
        DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var form = SourceForm.Of(request);
        try
        {
            return await ResolveAsync(sources.Cifar10Download(form), request, progress, cancellationToken);
        }
        catch (DownloadException exception)
        {
            var synthetic = await ResolveAsync(new SyntheticSource(offline, form), request, progress, cancellationToken);
            return synthetic with { Description = $"{synthetic.Description}, because CIFAR-10 could not be downloaded: {exception.Message}" };
        }
    }

    private async Task<ResolvedDataset> ResolveAsync(
        IDatasetSource source, DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        RequireColumns(source, request);
        if (request.By is not null && source is FileSource { TellsClients: false } or SyntheticSource or Cifar10DownloadSource)
            throw new DatasetException($"partitioner: naturalid: {source.Description}: does not tell its clients apart; expected another partitioner");
        var fingerprint = await source.FingerprintAsync(cancellationToken);
        var cached = await cache.FindAsync(source, fingerprint, cancellationToken) is { } found && !LeavesOutTooMany(request, found.LeftOut ?? 0, found.TrainExamples + found.TestExamples) ? found : null;
        var loaded = cached is null ? await source.LoadAsync(progress, cancellationToken) : null;
        if (loaded is not null && LeavesOutTooMany(request, loaded.LeftOut.Count, loaded.Train.Count + loaded.Test.Count))
            throw UnreadableRecords.TooMany(source.Description, loaded.LeftOut.Count + loaded.Train.Count + loaded.Test.Count, request.SkipAtMostPercent ?? 0, loaded.LeftOut);
        RequireWithin(request); // also after it was read, so that nothing comes of what was put there meanwhile
        if (cached is null)
            progress?.Report(new DatasetProgress(DatasetStage.Caching, Done: 0, Total: 0));
        cached ??= await cache.KeepAsync(source, fingerprint, request with { Data = source.Argument }, loaded!, cancellationToken);
        if (loaded is not null)
            Hold(loaded);

        return new ResolvedDataset(
            source.Kind, cached.Sha256, source.Description, cached.Shape, cached.Classes, cached.TrainExamples, cached.TestExamples)
        {
            LeftOut = cached.LeftOut ?? 0,
        };
    }

    private static bool LeavesOutTooMany(DatasetRequest request, int leftOut, int kept) => leftOut * 100.0 > (request.SkipAtMostPercent ?? 0) * (leftOut + kept);

    /// <summary>Refuses to name columns of what has none.</summary>
    private static void RequireColumns(IDatasetSource source, DatasetRequest request)
    {
        var isTable = source.Kind == TableSource.KindName;
        var field = request.Columns is not null && !isTable ? "columns"
            : request.Missing is not null && !isTable ? "missing"
            : isTable || source.Kind == ParquetSource.KindName ? null
            : request.ImageColumn is not null ? "imageColumn"
            : request.LabelColumn is not null ? "labelColumn"
            : null;
        if (field is not null)
            throw new DatasetException($"{field}: {source.Description}: has no columns; expected none");
    }

    /// <summary>Keeps what is most likely opened next.</summary>
    private void Hold(ImageDataset dataset)
    {
        decoded = dataset;
        _ = ForgetLaterAsync(dataset);
    }

    /// <summary>Forgets what was decoded, if nobody has opened it: it may be most of the memory that there is.</summary>
    private async Task ForgetLaterAsync(ImageDataset dataset)
    {
        await Task.Delay(HeldFor, time, CancellationToken.None);
        Interlocked.CompareExchange(ref decoded, null, dataset);
    }

    /// <summary>Refuses what leads out of the request's folder now: a link may have been put there since somebody looked.</summary>
    private void RequireWithin(DatasetRequest request)
    {
        if (request is { Within: { } folder, Data: { } data } && names.FileOf(data) is { } path && !LinkFreePath.IsWithin(folder, path))
            throw new DatasetException($"data: '{path}' leads out of '{folder}', the only folder that it may be read from");
    }

    private async Task<ImageDataset> RemakeAsync(DatasetRequest request, string sha256, CancellationToken cancellationToken)
    {
        var source = sources.Open(request.Data!, SourceForm.Of(request), cancellationToken);
        var fingerprint = await source.FingerprintAsync(cancellationToken);
        var dataset = await source.LoadAsync(null, cancellationToken);
        if (dataset.Sha256 != sha256)
            throw new DatasetException($"{source.Description}: gives other data now, {dataset.Sha256}");
        await cache.KeepAsync(source, fingerprint, request, dataset, cancellationToken);
        return dataset;
    }
}
