using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;
using static FlDurable.Worker.HostCalls;

namespace FlDurable.Worker;

/// <summary>The host over HTTP: every call of <see cref="PoolProtocol"/>, asked once.</summary>
/// <param name="calls">Asks.</param>
internal sealed class PoolHost(HostCalls calls) : IPoolHost
{
    public TimeSpan RenewEvery => WorkProtocol.RenewEvery;

    /// <returns>Null if there is no work.</returns>
    public Task<TakenCohort?> LeaseAsync(PoolRequest request, CancellationToken cancellationToken) =>
        calls.AskAsync<TakenCohort>(HttpMethod.Post, WorkProtocol.Leases, request, TimeSpan.FromSeconds(request.WaitSeconds), cancellationToken);

    public async Task<RenewedLease> RenewAsync(string lease, long batches, CancellationToken cancellationToken) =>
        await calls.AskAsync<RenewedLease>(HttpMethod.Post, Of(lease, WorkProtocol.Renewals), new LeaseRenewal(batches), TimeSpan.Zero, cancellationToken)
            ?? throw new NoAnswerException("a renewal with nothing in it");

    public Task<byte[]> ReadAsync(string lease, ArtifactReference artifact, CancellationToken cancellationToken) =>
        calls.ReadBytesAsync(Of(lease, $"{PoolProtocol.Artifacts}/{artifact.Sha256}"), artifact.Length, cancellationToken);

    public async Task<ArtifactReference?> FindResultAsync(string lease, CancellationToken cancellationToken) =>
        (await calls.AskAsync<CohortResult>(HttpMethod.Get, Of(lease, PoolProtocol.Result), body: null, TimeSpan.Zero, cancellationToken))?.Written;

    /// <summary>Sends an artifact, and has it written.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="artifact">Its name, and the SHA-256 of its content.</param>
    /// <param name="content">The content.</param>
    /// <param name="isAgain">Whether some of it, or all, may have been sent before.</param>
    /// <param name="completes">Whether the work is done with it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is there now.</returns>
    public async Task<ArtifactReference> WriteAsync(
        string lease, ArtifactToWrite artifact, ReadOnlyMemory<byte> content, bool isAgain, bool completes, CancellationToken cancellationToken)
    {
        var said = new Dictionary<string, string> { [PoolProtocol.ArtifactHeader] = artifact.Name };
        if (completes)
            said[PoolProtocol.CompletesHeader] = "true";
        try
        {
            if (await calls.PutBytesAsync(lease, artifact.Sha256, content, isAgain, said, cancellationToken) is { Written: { } there })
                return there;
            var written = await AskToWriteAsync(lease, artifact, cancellationToken);
            if (completes)
                await CompleteAsync(lease, cancellationToken);
            return written;
        }
        catch (LeaseOverException) when (isAgain && completes)
        {
            await CompleteAsync(lease, cancellationToken); // perhaps it is done, and the answer was lost
            return ArtifactReference.Of(artifact.Name, content.Span);
        }
    }

    private async Task<ArtifactReference> AskToWriteAsync(string lease, ArtifactToWrite artifact, CancellationToken cancellationToken) =>
        await calls.AskAsync<ArtifactReference>(HttpMethod.Post, Of(lease, PoolProtocol.Artifacts), artifact, TimeSpan.Zero, cancellationToken)
            ?? throw new NoAnswerException("an artifact that is none");

    public Task CompleteAsync(string lease, CancellationToken cancellationToken) => calls.TellAsync(HttpMethod.Post, Of(lease, WorkProtocol.Completion), body: null, cancellationToken);

    public Task FailAsync(string lease, WorkFailureReport report, CancellationToken cancellationToken) =>
        calls.TellAsync(HttpMethod.Post, Of(lease, WorkProtocol.Failure), report, cancellationToken);

    public Task GiveBackAsync(string lease, bool isDelivery, CancellationToken cancellationToken) =>
        calls.TellAsync(HttpMethod.Post, Of(lease, WorkProtocol.Return), new PoolReturn(isDelivery), cancellationToken);
}
