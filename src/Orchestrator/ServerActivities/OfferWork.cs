using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Work;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>Offers a cohort's work to the site of its client, or to the pool, unless its result is in the store already.</summary>
internal sealed class OfferWork(IArtifactStore store, IWorkBoard board, WorkBell bell) : IActivity<OfferWorkInput, OfferedWork>
{
    /// <summary>Renewed three times within, a worker may miss two renewals.</summary>
    private const int LeaseSeconds = 60;

    public async Task<OfferedWork> RunAsync(OfferWorkInput input, CancellationToken cancellationToken)
    {
        if (await WorkResults.FindAsync(store, input, cancellationToken) is { } result)
            return new OfferedWork(result, WaitSeconds: 0);
        var cohort = input.Cohort;
        var clients = await store.ReadSelectedAsync(cohort.Selection, input.Phase, new SelectionRange(cohort.First, cohort.Count), cancellationToken);
        var site = clients switch
        {
            [{ Site: { } own }] => own,
            _ when clients.All(client => client.Site is null) => WorkOffer.Pool,
            _ => throw new InvalidDataException($"the cohort at {cohort.First} is to be offered to a site, and is not one client of one"),
        };
        await board.OfferAsync(
            new WorkOffer(site, input, Math.Min(LeaseSeconds, input.AttemptSeconds), await NeedsAsync(input, isAtSite: site != WorkOffer.Pool, cancellationToken)), cancellationToken);
        bell.Ring(site);
        return new OfferedWork(Result: null, input.AttemptSeconds);
    }

    /// <summary>Of what the worker is to read: a site is given less of the spec.</summary>
    private async Task<WorkRequirements> NeedsAsync(OfferWorkInput work, bool isAtSite, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(work.Cohort.Spec, cancellationToken);
        var plan = work.Phase.HasUpdates ? (await store.ReadJsonAsync<Selection>(work.Cohort.Selection, cancellationToken)).Plan : null;
        return WorkRequirements.Of(isAtSite ? WorkDesk.ForOthers(spec) : spec, plan);
    }
}

/// <summary>Looks what has become of offered work. Where a worker has had its time the offer is withdrawn, so that another can take its place.</summary>
internal sealed class LookAtWork(IArtifactStore store, IWorkBoard board) : IActivity<LookAtWorkInput, OfferedWork>
{
    public async Task<OfferedWork> RunAsync(LookAtWorkInput input, CancellationToken cancellationToken)
    {
        var offer = input.Offer;
        var status = await board.FindAsync(offer.Work, cancellationToken);
        if ((status?.Result ?? await WorkResults.FindAsync(store, offer, cancellationToken)) is { } result)
            return new OfferedWork(WorkResults.ForMessage(result), WaitSeconds: 0);
        if (status is { IsSpent: true })
            return new OfferedWork(await EndSpentAsync(offer, cancellationToken), WaitSeconds: 0);
        if (!input.EndsWaiting && status is { IsWithdrawn: false, SecondsLeft: null })
            return new OfferedWork(Result: null, offer.AttemptSeconds); // nobody has taken it yet: none of its time has passed
        if (status is { IsWithdrawn: false, SecondsLeft: > 0 and { } seconds })
            return new OfferedWork(Result: null, seconds, IsTaken: true);
        await board.WithdrawAsync(offer.Work, cancellationToken);

        // It may have ended just before.
        return new OfferedWork(
            (await board.FindAsync(offer.Work, cancellationToken))?.Result is { } late ? WorkResults.ForMessage(late) : null, WaitSeconds: 0,
            IsTaken: status is not { IsWithdrawn: false, SecondsLeft: null });
    }

    /// <summary>Where all workers are gone, nobody else would look for what has ended them.</summary>
    private async Task<PartResult> EndSpentAsync(OfferWorkInput offer, CancellationToken cancellationToken)
    {
        var cohort = offer.Cohort;
        var clients = await store.ReadSelectedAsync(cohort.Selection, offer.Phase, new SelectionRange(cohort.First, cohort.Count), cancellationToken);
        var spent = await SpentWork.EndAsync(store, board, new WorkOffer(clients[0].Site ?? WorkOffer.Pool, offer, LeaseSeconds: 0), cancellationToken);
        return WorkResults.ForMessage(spent.Result);
    }
}

/// <summary>Withdraws work that nobody waits for any more.</summary>
internal sealed class WithdrawWork(IWorkBoard board) : IActivity<WithdrawWorkInput, bool>
{
    public async Task<bool> RunAsync(WithdrawWorkInput input, CancellationToken cancellationToken)
    {
        foreach (var work in input.Work)
            await board.WithdrawAsync(work, cancellationToken);
        return true;
    }
}
