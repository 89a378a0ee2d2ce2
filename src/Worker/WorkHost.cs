using FlDurable.Shared.Work;
using static FlDurable.Worker.HostCalls;

namespace FlDurable.Worker;

/// <summary>The host as a site's worker sees it: every call of <see cref="WorkProtocol"/>, asked once.</summary>
/// <param name="calls">Asks.</param>
/// <param name="signs">Told whether there is an answer.</param>
internal sealed class WorkHost(HostCalls calls, WorkerSigns signs)
{
    public Task EnrolAsync(Enrolment enrolment, CancellationToken cancellationToken) => signs.AskAsync(async () =>
    {
        await calls.TellAsync(HttpMethod.Put, WorkProtocol.Enrolment, enrolment, cancellationToken);
        return true;
    });

    /// <returns>Null if there is no work.</returns>
    public Task<TakenWork?> LeaseAsync(LeaseRequest request, CancellationToken cancellationToken) =>
        signs.AskAsync(() => calls.AskAsync<TakenWork>(HttpMethod.Post, WorkProtocol.Leases, request, TimeSpan.FromSeconds(request.WaitSeconds), cancellationToken));

    public async Task<WorkOrder> GetOrderAsync(string lease, CancellationToken cancellationToken) =>
        await calls.AskAsync<WorkOrder>(HttpMethod.Get, Of(lease, WorkProtocol.Order), body: null, TimeSpan.Zero, cancellationToken)
            ?? throw new NoAnswerException("an order with nothing in it");

    /// <summary>Reads as many bytes as parameters have.</summary>
    public Task<byte[]> GetParametersAsync(string lease, long length, CancellationToken cancellationToken) =>
        calls.ReadBytesAsync(Of(lease, WorkProtocol.Parameters), length, cancellationToken);

    public async Task<RenewedLease> RenewAsync(string lease, long batches, CancellationToken cancellationToken) =>
        await signs.AskAsync(() => calls.AskAsync<RenewedLease>(HttpMethod.Post, Of(lease, WorkProtocol.Renewals), new LeaseRenewal(batches), TimeSpan.Zero, cancellationToken))
            ?? throw new NoAnswerException("a renewal with nothing in it");

    /// <summary>Sends what the host has not of an update.</summary>
    /// <returns>How many bytes were sent.</returns>
    public Task<long> PutUpdateAsync(string lease, string sha256, ReadOnlyMemory<byte> update, bool mayBeThere, CancellationToken cancellationToken) =>
        calls.PutBytesAsync(lease, sha256, update, mayBeThere, cancellationToken);

    public Task CompleteAsync(string lease, WorkReport report, CancellationToken cancellationToken) =>
        calls.TellAsync(HttpMethod.Post, Of(lease, WorkProtocol.Completion), report, cancellationToken);

    public Task FailAsync(string lease, WorkFailureReport report, CancellationToken cancellationToken) =>
        calls.TellAsync(HttpMethod.Post, Of(lease, WorkProtocol.Failure), report, cancellationToken);

    public Task GiveBackAsync(string lease, CancellationToken cancellationToken) => calls.TellAsync(HttpMethod.Post, Of(lease, WorkProtocol.Return), body: null, cancellationToken);
}
