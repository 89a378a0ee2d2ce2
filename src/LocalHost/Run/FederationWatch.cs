using FlDurable.LocalHost.CommandLine;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Waiting;

namespace FlDurable.LocalHost.Run;

/// <summary>Looks how far a federation is that other processes run: by its custom status, and by what they have written.</summary>
internal sealed class FederationWatch(IOrchestrationClient client, IArtifactStore store, RunProgress progress, TimeProvider time)
{
    /// <summary>Tells of every round that is recorded, until the federation is over.</summary>
    /// <param name="id">The federation.</param>
    /// <param name="recorded">The last round that is told of already; −1 if none is.</param>
    /// <param name="cancellationToken">Ends the watch, and not the federation.</param>
    /// <exception cref="UsageException">It was purged meanwhile.</exception>
    public async Task<OrchestrationMetadata> ToEndAsync(string id, int recorded, CancellationToken cancellationToken)
    {
        var news = new News(recorded, recorded);
        while (news.End is null)
            news = await Polling.Patiently.UntilAsync(cancel => LookAsync(id, news, cancel), time, cancellationToken);
        return news.End;
    }

    /// <summary>Tells of what is new.</summary>
    /// <returns>How far it is told then; null if nothing was new.</returns>
    private async Task<News?> LookAsync(string id, News told, CancellationToken cancellationToken)
    {
        var instance = await client.GetInstanceAsync(id, cancellationToken)
            ?? throw new UsageException($"federation '{id}' was purged while it was watched");
        var now = told with { Recorded = Math.Max(told.Recorded, instance.ReadCustomStatusAs<FederationProgress>()?.Round ?? -1) };
        if (now.Recorded > told.Recorded)
        {
            var records = await new RecordedFederation(store, id).ReadRecordsAsync(told.Recorded + 1, now.Recorded, now.Recorded, cancellationToken);
            foreach (var record in records.Records)
                progress.Record(record);
        }

        if (instance.IsOver)
            return now with { End = instance };
        if (now.Selected <= now.Recorded && await SelectionAsync(id, now.Recorded + 1, cancellationToken) is { } selection)
        {
            progress.Select(selection.Round, selection.Of(RoundPhase.Fit).Count, selection.Of(RoundPhase.Evaluate).Count);
            now = now with { Selected = selection.Round };
        }

        return now == told ? null : now;
    }

    private async Task<Selection?> SelectionAsync(string id, int round, CancellationToken cancellationToken) =>
        round < 1 ? null : await store.FindJsonAsync<Selection>(ArtifactNames.Selection(id, round), cancellationToken);

    /// <summary>What was told of.</summary>
    /// <param name="Recorded">The last recorded round.</param>
    /// <param name="Selected">The last round of which it is known who takes part.</param>
    /// <param name="End">How it ended; null while it has not.</param>
    private sealed record News(int Recorded, int Selected, OrchestrationMetadata? End = null);
}
