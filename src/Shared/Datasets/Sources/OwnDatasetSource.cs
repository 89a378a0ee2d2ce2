namespace FlDurable.Shared.Datasets.Sources;

/// <summary>A data set of the host's own.</summary>
/// <param name="dataset">The data set.</param>
/// <param name="argument">What the spec has after the colon; null without one.</param>
/// <param name="form">How its images are wanted.</param>
internal sealed class OwnDatasetSource(INamedDataset dataset, string? argument, SourceForm form) : IDatasetSource
{
    /// <inheritdoc/>
    public string Kind => dataset.Name;

    /// <inheritdoc/>
    public string Argument => argument is null ? dataset.Name : $"{dataset.Name}:{argument}";

    /// <inheritdoc/>
    public string Description => $"{Argument} of {dataset.Package}{form.Description}";

    /// <inheritdoc/>
    public async Task<string> FingerprintAsync(CancellationToken cancellationToken)
    {
        var identity = await AskAsync(() => dataset.FingerprintAsync(argument, cancellationToken));
        return SourceFingerprint.Of(Kind, decoderVersion: 1, $"{dataset.Package}/{argument}/{identity}{form.Identity}");
    }

    /// <inheritdoc/>
    public async Task<ImageDataset> LoadAsync(IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        if (form.TestFraction is not null)
            throw new DatasetException($"testFraction: {Kind} has a test set of its own; expected none");
        var loaded = await AskAsync(() => Task.Run(() => dataset.LoadAsync(argument, progress, cancellationToken), cancellationToken));
        DatasetLimits.RequireDecodable(Description, (long)loaded.Train.Count + loaded.Test.Count, loaded.Shape);
        return new ImageDataset(loaded.Classes, form.Apply(loaded.Train), form.Apply(loaded.Test)) { Columns = loaded.Columns, NaturalIds = loaded.NaturalIds };
    }

    /// <summary>Whatever its author's code throws is about the data, and has its name.</summary>
    private async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (exception is not (OperationCanceledException or DatasetException or OutOfMemoryException))
        {
            throw new DatasetException($"data: '{Argument}' can't be loaded: {exception.Message}", exception);
        }
    }
}
