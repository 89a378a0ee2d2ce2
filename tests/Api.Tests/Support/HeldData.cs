using System.Threading.Channels;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;

namespace FlDurable.Api.Tests.Support;

/// <summary>Data that takes as long to load as a test wants.</summary>
internal sealed class HeldData(IDatasetLibrary library) : IDatasetLibrary
{
    private readonly Channel<IProgress<DatasetProgress>?> asked = Channel.CreateUnbounded<IProgress<DatasetProgress>?>();
    private readonly TaskCompletionSource end = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>How often a load was given up.</summary>
    public TaskCompletionSource GivenUp { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits until somebody loads it.</summary>
    /// <returns>What is to be told of how far it is.</returns>
    public async Task<IProgress<DatasetProgress>> WaitAsync() => (await asked.Reader.ReadAsync(Cancel))!;

    /// <summary>Lets it be loaded.</summary>
    public void Release() => end.TrySetResult();

    /// <summary>Lets it be of no use.</summary>
    public void Refuse(Exception exception) => end.TrySetException(exception);

    public async Task<ResolvedDataset> ResolveAsync(DatasetRequest request, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        asked.Writer.TryWrite(progress);
        try
        {
            await end.Task.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            GivenUp.TrySetResult();
            throw;
        }

        return await library.ResolveAsync(request, progress, cancellationToken);
    }

    public Task<ImageDataset> OpenAsync(string sourceSha256, CancellationToken cancellationToken) => library.OpenAsync(sourceSha256, cancellationToken);
}
