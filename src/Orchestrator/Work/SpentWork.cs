using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Work;

/// <summary>Work that ends its workers would end the next one too.</summary>
internal static class SpentWork
{
    /// <summary>Ends what <see cref="IWorkBoard.MostDeliveries"/> workers took and none ended, as a failure of all its clients.</summary>
    /// <returns>The offers that were ended, with what came of them.</returns>
    public static async Task<IReadOnlyList<EndedWork>> EndAsync(IArtifactStore store, IWorkBoard board, string site, CancellationToken cancellationToken)
    {
        var ended = new List<EndedWork>();
        foreach (var offer in await board.ListSpentAsync(site, cancellationToken))
            ended.Add(await EndAsync(store, board, offer, cancellationToken));
        return ended;
    }

    /// <summary>Ends one such offer.</summary>
    public static async Task<EndedWork> EndAsync(IArtifactStore store, IWorkBoard board, WorkOffer offer, CancellationToken cancellationToken)
    {
        var whose = offer.Site == WorkOffer.Pool ? "workers" : "workers of the site";
        var reason = FormattableString.Invariant($"{IWorkBoard.MostDeliveries} {whose} took it and were not heard of again: it is not given out again");
        var result = await WorkResults.PutFailureAsync(store, offer, reason, cancellationToken);
        await board.EndAsync(offer.Input.Work, result, cancellationToken);
        return new EndedWork(offer, result);
    }
}
