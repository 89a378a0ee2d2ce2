using FlDurable.Shared.Json;
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

    /// <summary>Sends what the host has not of an update, and with it that the work is done.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="report">What came of the work.</param>
    /// <param name="update">The update.</param>
    /// <param name="isAgain">Whether some of it, or all, may have been sent before.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task CompleteAsync(string lease, WorkReport report, ReadOnlyMemory<byte> update, bool isAgain, CancellationToken cancellationToken)
    {
        try
        {
            var said = new Dictionary<string, string> { [WorkProtocol.ReportHeader] = Convert.ToBase64String(ContractJson.SerializeToUtf8(report)) };
            if (await calls.PutBytesAsync(lease, report.UpdateSha256!, update, isAgain, said, cancellationToken) is { Counts: true })
                return;
        }
        catch (LeaseOverException) when (isAgain)
        {
            // Perhaps since it is done, and the answer was lost.
        }

        await CompleteAsync(lease, report, cancellationToken);
    }

    public Task CompleteAsync(string lease, WorkReport report, CancellationToken cancellationToken) =>
        calls.TellAsync(HttpMethod.Post, Of(lease, WorkProtocol.Completion), report, cancellationToken);

    public Task FailAsync(string lease, WorkFailureReport report, CancellationToken cancellationToken) =>
        calls.TellAsync(HttpMethod.Post, Of(lease, WorkProtocol.Failure), report, cancellationToken);

    public Task GiveBackAsync(string lease, CancellationToken cancellationToken) => calls.TellAsync(HttpMethod.Post, Of(lease, WorkProtocol.Return), body: null, cancellationToken);
}
