using Azure;
using Azure.Identity;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using FlDurable.Worker;

namespace FlDurable.LocalHost.Work;

/// <summary>A host that is its storage: the worker serves itself.</summary>
internal sealed class StoragePoolHost(StoragePool pool) : IPoolHost
{
    // Each is paid for, and nobody hears it at once.
    public TimeSpan RenewEvery => TimeSpan.MaxValue;

    public Task<TakenCohort?> LeaseAsync(PoolRequest request, CancellationToken cancellationToken) => AskAsync(() => pool.LeaseAsync(request, cancellationToken), cancellationToken);

    public async Task<RenewedLease> RenewAsync(string lease, long batches, CancellationToken cancellationToken) =>
        await AskAsync(() => pool.RenewAsync(lease, cancellationToken), cancellationToken) ?? throw new LeaseOverException();

    public Task CompleteAsync(string lease, CancellationToken cancellationToken) => TellAsync(() => pool.CompleteAsync(lease, cancellationToken), cancellationToken);

    public Task FailAsync(string lease, WorkFailureReport report, CancellationToken cancellationToken) => TellAsync(() => pool.FailAsync(lease, report, cancellationToken), cancellationToken);

    public Task GiveBackAsync(string lease, bool isDelivery, CancellationToken cancellationToken) => TellAsync(() => pool.GiveBackAsync(lease, isDelivery, cancellationToken), cancellationToken);

    private static async Task TellAsync(Func<Task<bool>> tell, CancellationToken cancellationToken)
    {
        try
        {
            if (await AskAsync(tell, cancellationToken))
                return;
        }
        catch (WorkRefusedException)
        {
            // What was written is there no more: the federation was purged.
        }

        throw new LeaseOverException();
    }

    private static async Task<T> AskAsync<T>(Func<Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (IsNoAnswer(exception, cancellationToken))
        {
            // The first line: what follows are headers, and what was signed.
            throw new NoAnswerException(exception.Message.Split('\n', 2)[0].Trim(), exception);
        }
    }

    private static bool IsNoAnswer(Exception exception, CancellationToken cancellationToken) => exception switch
    {
        RequestFailedException or AuthenticationFailedException or ArtifactStoreException or IOException => true,
        OperationCanceledException => !cancellationToken.IsCancellationRequested, // the SDK's own time limit
        AggregateException every => every.InnerExceptions.All(inner => IsNoAnswer(inner, cancellationToken)),
        _ => false,
    };
}
