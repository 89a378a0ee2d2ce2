using FlDurable.LocalHost.CommandLine;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Run;

/// <summary>Looks how far a federation is that other processes run: by its custom status, and by what they have written.</summary>
internal sealed class FederationWatch(IOrchestrationClient client, IArtifactStore store, RunProgress progress)
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(1);

    /// <summary>Tells of every round that is recorded, until the federation is over.</summary>
    /// <param name="id">The federation.</param>
    /// <param name="recorded">The last round that is told of already; −1 if none is.</param>
    /// <param name="cancellationToken">Ends the watch, and not the federation.</param>
    /// <exception cref="UsageException">It was purged meanwhile.</exception>
    public async Task<OrchestrationMetadata> ToEndAsync(string id, int recorded, CancellationToken cancellationToken)
    {
        var federation = new RecordedFederation(store, id);
        var wait = FirstLook;
        var selected = recorded;
        while (true)
        {
            var instance = await client.GetInstanceAsync(id, cancellationToken)
                ?? throw new UsageException($"federation '{id}' was purged while it was watched");
            var round = instance.ReadCustomStatusAs<FederationProgress>()?.Round ?? -1;
            if (round > recorded)
            {
                foreach (var record in (await federation.ReadRecordsAsync(recorded + 1, round, round, cancellationToken)).Records)
                    progress.Record(record);
                recorded = round;
                wait = FirstLook;
            }

            if (instance.IsOver)
                return instance;
            if (selected == recorded && await SelectionAsync(id, recorded + 1, cancellationToken) is { } selection)
            {
                progress.Select(selection.Round, selection.Of(RoundPhase.Fit).Count, selection.Of(RoundPhase.Evaluate).Count);
                selected = selection.Round;
            }

            await Task.Delay(wait, cancellationToken);
            wait = wait * 2 < LongestLook ? wait * 2 : LongestLook;
        }
    }

    private async Task<Selection?> SelectionAsync(string id, int round, CancellationToken cancellationToken) =>
        round < 1 ? null : await store.FindJsonAsync<Selection>(ArtifactNames.Selection(id, round), cancellationToken);
}
