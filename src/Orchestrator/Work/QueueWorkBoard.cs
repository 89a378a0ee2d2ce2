using System.Security.Cryptography;
using Azure;
using Azure.Storage.Queues;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Work;

namespace FlDurable.Orchestrator.Work;

/// <summary>
/// The work board of a storage account. What an offer is and what has become of it is a blob, which whoever changes it changes only as he has read it: so there is one owner of
/// every renewal, completion and return, and a queue's receipt that is out of date does no harm. The queue says that there is work, wakes what is scaled by its length, and brings
/// work back whose worker was not heard of again. What came of work is told by a message too.
/// </summary>
public sealed class QueueWorkBoard : IWorkBoard
{
    private static readonly TimeSpan Handling = TimeSpan.FromSeconds(30);

    private readonly WorkAccount account;
    private readonly AccountClock clock;
    private readonly OfferBlobs offers;

    /// <summary>Opens it.</summary>
    /// <param name="account">Where it is.</param>
    /// <param name="time">This machine's clock; the account's is followed where that is another.</param>
    public QueueWorkBoard(WorkAccount account, TimeProvider time)
    {
        this.account = account;
        clock = new AccountClock(time);
        offers = new OfferBlobs(account, answered =>
        {
            if (KeepsAccountsTime)
                clock.See(answered);
        });
    }

    /// <summary>Whether the account's clock counts, and work that somebody has is hidden in its queue for as long; false where the clock is a test's, which no queue follows.</summary>
    internal bool KeepsAccountsTime { get; init; } = true;

    private long Now => clock.Now;

    /// <inheritdoc/>
    public async Task OfferAsync(WorkOffer offer, CancellationToken cancellationToken)
    {
        var key = OfferBlobs.KeyOf(offer.Input.Work);
        await offers.TryWriteAsync(key, new OfferState(offer), tag: null, cancellationToken);
        if (await offers.ReadAsync(key, cancellationToken) is ({ IsOpen: true, Lease: null }, _))
            await SendAsync(await account.OffersToAsync(offer.Site, cancellationToken), key, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<WorkLease?> LeaseAsync(string site, string process, string? request, WorkerCapabilities? can, CancellationToken cancellationToken)
    {
        if (request is not null && await offers.FindGivenAsync(RequestOf(site, process, request), cancellationToken) is { } known
            && await FindLeaseAsync(site, known, cancellationToken) is { } given && given.Process == process)
        {
            return given;
        }

        var queue = await account.OffersToAsync(site, cancellationToken);
        var unsuited = new List<HeldMessage>();
        try
        {
            if (await TakeOneAsync(queue, unsuited, site, process, can, cancellationToken) is not { } lease)
                return null;
            if (request is not null)
                await offers.WriteGivenAsync(RequestOf(site, process, request), lease.Id, cancellationToken);
            return lease;
        }
        finally
        {
            // At once for others, and not before all that are there were looked at.
            foreach (var message in unsuited)
                await TryHideAsync(queue, message, TimeSpan.Zero, CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<RefusedWork>> ListRefusedAsync(CancellationToken cancellationToken)
    {
        var refused = new List<RefusedWork>();
        await foreach (var state in offers.ListAsync(OfferBlobs.Refused, cancellationToken))
        {
            if (state.IsOpen && (state.Lease is null || state.Expires <= Now) && state is { Unsuited: { } why, Refused: { } at } && at > Now - RefusedWork.Holds.Ticks)
                refused.Add(new RefusedWork(state.Offer, why));
            else if (!state.IsOpen)
                await offers.UnmarkAsync(OfferBlobs.Refused, OfferBlobs.KeyOf(state.Offer.Input.Work), cancellationToken);
        }

        return refused;
    }

    /// <inheritdoc/>
    public async Task<WorkLease?> FindLeaseAsync(string site, string lease, CancellationToken cancellationToken) =>
        await offers.ReadAsync(KeyOfLease(lease), cancellationToken) is ({ } state, _) && Now is var now && state.IsHeld(site, lease, now)
            ? new WorkLease(lease, state.Offer, state.Process!, state.SecondsOfLease(now))
            : null;

    /// <inheritdoc/>
    public async Task<int?> RenewAsync(string site, string lease, CancellationToken cancellationToken)
    {
        var key = KeyOfLease(lease);
        HeldMessage? hidden = null;
        while (true)
        {
            var (state, tag) = await offers.ReadAsync(key, cancellationToken);
            var now = Now;
            if (state is null || !state.IsHeld(site, lease, now) || state.ExpiryFrom(now) is not { } expires)
            {
                // It ended while its message was hidden, so that whoever has ended it could not delete that.
                if (hidden is not null && state is { IsOpen: false })
                    await TryDeleteAsync(state with { Message = hidden }, cancellationToken);
                return null;
            }

            state = state with { Expires = expires };
            if ((hidden ?? state.Message) is { } message)
            {
                hidden = await TryHideAsync(await account.OffersToAsync(site, cancellationToken), message, Left(state, now), cancellationToken);
                state = state with { Message = hidden ?? message };
            }

            if (await offers.TryWriteAsync(key, state, tag, cancellationToken))
                return state.SecondsOfLease(now);
        }
    }

    /// <inheritdoc/>
    public async Task<bool> CompleteAsync(string site, string lease, PartResult result, CancellationToken cancellationToken)
    {
        var state = await offers.ChangeAsync(KeyOfLease(lease), before => before.IsHeld(site, lease, Now) ? before with { Result = result } : null, cancellationToken);
        if (state is not { Result: not null } || state.Offer.Site != site || state.Lease != lease)
            return false;
        await AnnounceAsync(state, cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public async Task<bool> CountsAsync(string site, string lease, CancellationToken cancellationToken) =>
        await offers.ReadAsync(KeyOfLease(lease), cancellationToken) is ({ Result: not null } state, _) && state.Offer.Site == site && state.Lease == lease;

    /// <inheritdoc/>
    public async Task<bool> GiveBackAsync(string site, string lease, bool isDelivery, CancellationToken cancellationToken)
    {
        HeldMessage? message = null;
        var isBack = false;
        var key = KeyOfLease(lease);
        await offers.ChangeAsync(
            key,
            before =>
            {
                isBack = before.IsHeld(site, lease, Now);
                message = before.Message;
                return isBack
                    ? before with { Lease = null, Process = null, Expires = null, Taken = null, Message = null, Deliveries = before.Deliveries - (isDelivery ? 0 : 1) }
                    : null;
            },
            cancellationToken);
        if (!isBack)
            return false;
        var queue = await account.OffersToAsync(site, cancellationToken);
        if (message is null || await TryHideAsync(queue, message, TimeSpan.Zero, cancellationToken) is null)
            await SendAsync(queue, key, cancellationToken);
        return true;
    }

    /// <inheritdoc/>
    public async Task WithdrawAsync(string work, CancellationToken cancellationToken)
    {
        var state = await offers.ChangeAsync(OfferBlobs.KeyOf(work), before => before.IsOpen ? before with { IsWithdrawn = true } : null, cancellationToken);
        if (state is not null)
            await TryDeleteAsync(state, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<WorkStatus?> FindAsync(string work, CancellationToken cancellationToken) => await offers.ReadAsync(OfferBlobs.KeyOf(work), cancellationToken) is ({ } state, _)
        ? new WorkStatus(state.Result, state.IsWithdrawn, state.SecondsOfAttempt(Now), state.IsSpent(Now))
        : null;

    /// <inheritdoc/>
    public async Task<IReadOnlyList<WorkOffer>> ListSpentAsync(string site, CancellationToken cancellationToken)
    {
        var spent = new List<WorkOffer>();
        await foreach (var state in offers.ListAsync(OfferBlobs.Spent, cancellationToken))
        {
            if (state.Offer.Site == site && state.IsSpent(Now))
                spent.Add(state.Offer);
        }

        return spent;
    }

    /// <inheritdoc/>
    public async Task EndAsync(string work, PartResult result, CancellationToken cancellationToken)
    {
        var key = OfferBlobs.KeyOf(work);
        var state = await offers.ChangeAsync(key, before => before.IsOpen ? before with { Result = result } : null, cancellationToken);
        if (state is { Result: not null })
            await AnnounceAsync(state, cancellationToken);
        await offers.UnmarkAsync(OfferBlobs.Spent, key, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<EndedWork>> ListUntoldAsync(CancellationToken cancellationToken)
    {
        var untold = new List<EndedWork>();
        await foreach (var state in offers.ListAsync(OfferBlobs.Untold, cancellationToken))
        {
            if (state is { Result: { } result, IsTold: false })
                untold.Add(new EndedWork(state.Offer, result));
        }

        return untold;
    }

    /// <inheritdoc/>
    public async Task MarkToldAsync(string work, CancellationToken cancellationToken)
    {
        var key = OfferBlobs.KeyOf(work);
        await offers.ChangeAsync(key, before => before.IsTold ? null : before with { IsTold = true }, cancellationToken);
        await offers.UnmarkAsync(OfferBlobs.Untold, key, cancellationToken);
    }

    /// <summary>A lease begins with the key of its work.</summary>
    private static string KeyOfLease(string lease) =>
        lease.Length == 2 * OfferBlobs.KeyDigits && OfferBlobs.IsKey(lease[..OfferBlobs.KeyDigits]) ? lease[..OfferBlobs.KeyDigits] : new string('0', OfferBlobs.KeyDigits);

#pragma warning disable RS0030 // No orchestrator draws it, and what only a worker is to know follows from no seed.
    private static string NewLease(string key) => $"{key}{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(OfferBlobs.KeyDigits / 2))}";
#pragma warning restore RS0030

    private static string RequestOf(string site, string process, string request) => $"{site} {process} {request}";

    // Queues count whole seconds: a message that is back a little late does no harm, one that is back too soon is looked at in vain.
    private static TimeSpan Left(OfferState state, long now) => TimeSpan.FromSeconds(state.SecondsOfLease(now));

    private static async Task SendAsync(QueueClient queue, string key, CancellationToken cancellationToken) =>
        await queue.SendMessageAsync(key, timeToLive: WorkAccount.Forever, cancellationToken: cancellationToken);

    /// <summary>Takes the first that can be taken.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="unsuited">Gets the messages of what the worker can't do, which stay hidden.</param>
    /// <param name="site">Whose work.</param>
    /// <param name="process">The worker's process.</param>
    /// <param name="can">What it can do.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private async Task<WorkLease?> TakeOneAsync(
        QueueClient queue, List<HeldMessage> unsuited, string site, string process, WorkerCapabilities? can, CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while ((await queue.ReceiveMessageAsync(Handling, cancellationToken)).Value is { } received)
        {
            var message = new HeldMessage(received.MessageId, received.PopReceipt);
            if (!seen.Add(message.Id))
            {
                await TryHideAsync(queue, message, TimeSpan.Zero, cancellationToken); // all that are there were looked at
                return null;
            }

            if (await TryTakeAsync(queue, message, received.MessageText, site, process, can, unsuited, cancellationToken) is { } lease)
                return lease;
        }

        return null;
    }

    /// <summary>Remembers that a worker can't do what is offered.</summary>
    private async Task RefuseAsync(string key, OfferState state, ETag? tag, string why, long now, CancellationToken cancellationToken)
    {
        if (state.Unsuited == why && state.Refused > now - RefusedWork.Again.Ticks)
            return;
        await offers.MarkAsync(OfferBlobs.Refused, key, cancellationToken);
        await offers.TryWriteAsync(key, state with { Unsuited = why, Refused = now }, tag, cancellationToken); // whoever was faster has changed more than that
    }

    /// <summary>Takes what a message names, or has it reappear when there is reason to look again.</summary>
    private async Task<WorkLease?> TryTakeAsync(
        QueueClient queue, HeldMessage message, string key, string site, string process, WorkerCapabilities? can, List<HeldMessage> unsuited, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (state, tag) = OfferBlobs.IsKey(key) ? await offers.ReadAsync(key, cancellationToken) : default;
            var now = Now;
            if (state is null || state.Offer.Site != site)
            {
                await TryDeleteAsync(queue, message, cancellationToken);
                return null;
            }

            if (!state.IsOpen)
            {
                await AnnounceAsync(state with { Message = message }, cancellationToken); // unless that was done
                return null;
            }

            if (state.Lease is not null && state.Expires > now)
            {
                await TryHideAsync(queue, message, Left(state, now), cancellationToken);
                return null;
            }

            if (state.IsSpent(now))
                await offers.MarkAsync(OfferBlobs.Spent, key, cancellationToken);
            if (state.IsSpent(now) || state.ExpiryFrom(now) is not { } expires)
            {
                // What ends its workers is not given out again, and what has had its time is whose to offer anew that waits for it.
                await TryDeleteAsync(queue, message, cancellationToken);
                return null;
            }

            if (can?.WhyNot(state.Offer.Needs) is { } why)
            {
                unsuited.Add(message);
                await RefuseAsync(key, state, tag, why, now, cancellationToken);
                return null;
            }

            var lease = NewLease(key);
            state = state with { Lease = lease, Process = process, Expires = expires, Taken = state.Taken ?? now, Deliveries = state.Deliveries + 1 };
            message = await TryHideAsync(queue, message, Left(state, now), cancellationToken) ?? message;
            state = state with { Message = message };

            // Not to be stopped: whoever has taken it is to know of it, so that he can give it back.
            if (await offers.TryWriteAsync(key, state, tag, CancellationToken.None))
                return new WorkLease(lease, state.Offer, process, state.SecondsOfLease(now));
        }
    }

    /// <summary>Tells what came of work, if something did, and deletes its message. Done again before whoever waits was told, it tells it again.</summary>
    private async Task AnnounceAsync(OfferState state, CancellationToken cancellationToken)
    {
        if (state is { Result: { } result, IsTold: false, Offer.Input: { } input })
        {
            await offers.MarkAsync(OfferBlobs.Untold, OfferBlobs.KeyOf(input.Work), cancellationToken);
            await account.SendResultAsync(ContractJson.Serialize(new ToldWork(input.Work, input.Instance, input.Event, WorkResults.ForMessage(result))), cancellationToken);
        }

        await TryDeleteAsync(state, cancellationToken);
    }

    /// <returns>The message's new receipt; null if it was somebody else's in the meantime, or is gone.</returns>
    private async Task<HeldMessage?> TryHideAsync(QueueClient queue, HeldMessage message, TimeSpan howLong, CancellationToken cancellationToken)
    {
        try
        {
            var updated = await queue.UpdateMessageAsync(
                message.Id, message.Receipt, visibilityTimeout: KeepsAccountsTime ? howLong : TimeSpan.Zero, cancellationToken: cancellationToken);
            return message with { Receipt = updated.Value.PopReceipt };
        }
        catch (RequestFailedException exception) when (exception.Status is 400 or 404)
        {
            return null;
        }
    }

    private async Task TryDeleteAsync(OfferState state, CancellationToken cancellationToken)
    {
        if (state.Message is { } message)
            await TryDeleteAsync(await account.OffersToAsync(state.Offer.Site, cancellationToken), message, cancellationToken);
    }

    /// <summary>One that can't be deleted reappears, and is deleted by whoever sees what has become of its work.</summary>
    private static async Task TryDeleteAsync(QueueClient queue, HeldMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await queue.DeleteMessageAsync(message.Id, message.Receipt, cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.Status is 400 or 404)
        {
            // It is somebody else's now, or gone.
        }
    }
}
