using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Sites;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Texts;

namespace FlDurable.LocalHost.State;

/// <summary>
/// Reads what a state folder keeps, or what there is of the federations on a task hub, also while other processes work on it. What is not there is
/// left so.
/// </summary>
internal sealed class StateReader(StateFolder state)
{
    private const int PageSize = 1_000;

    private readonly Lazy<IArtifactStore?> store = new(() => StateArtifacts.Find(state));
    private readonly IInstances instances = state.Hub is { } hub ? new HubInstances(hub) : new FolderInstances(state.Path);

    /// <summary>Whether a process is at work on federations here.</summary>
    public Task<bool> IsAtWorkAsync(CancellationToken cancellationToken) => instances.AreAtWorkAsync(cancellationToken);

    /// <summary>The last sign of life of the process that is, or was, at work here; null where nothing says so.</summary>
    public Task<SignOfLife?> FindSignOfLifeAsync(CancellationToken cancellationToken) => instances.FindSignOfLifeAsync(cancellationToken);

    /// <summary>What a federation was started with, or null.</summary>
    /// <exception cref="ArtifactCorruptException">It is damaged.</exception>
    public Task<ResolvedSpec?> FindSpecAsync(string id, CancellationToken cancellationToken) =>
        FindAsync(id, federation => federation.FindSpecAsync(cancellationToken));

    /// <summary>What a federation was started with.</summary>
    /// <exception cref="UsageException">There is no such federation.</exception>
    public async Task<ResolvedSpec> ReadSpecAsync(string id, CancellationToken cancellationToken)
    {
        CheckId(id);
        return await FindSpecAsync(id, cancellationToken) ?? throw await LacksAsync(id, cancellationToken);
    }

    /// <summary>How a federation ended; null while it has not.</summary>
    /// <exception cref="ArtifactCorruptException">It is damaged.</exception>
    public Task<FederationResult?> FindResultAsync(string id, CancellationToken cancellationToken) =>
        FindAsync(id, async federation =>
        {
            var instance = await FindInstanceAsync(id, cancellationToken);
            return await federation.FindResultAsync(instance?.ReadOutputAs<ArtifactReference>(), cancellationToken);
        });

    /// <summary>What a federation had failed of before it was retried.</summary>
    public async Task<IReadOnlyList<PastFailure>> ReadPastFailuresAsync(string id, CancellationToken cancellationToken) =>
        store.Value is { } artifacts ? await artifacts.ReadPastFailuresAsync(id, cancellationToken) : [];

    /// <summary>A federation's records, from a round to the first that was not recorded.</summary>
    /// <param name="id">The federation.</param>
    /// <param name="first">The first round.</param>
    /// <param name="last">The last round that there can be.</param>
    /// <param name="recorded">The last round that is known to have been recorded; -1 if none is.</param>
    /// <param name="cancellationToken">Looked at between records.</param>
    public async Task<FoundRecords> ReadRecordsAsync(string id, int first, int last, int recorded, CancellationToken cancellationToken) =>
        await FindAsync(id, async federation => (FoundRecords?)await federation.ReadRecordsAsync(first, last, recorded, cancellationToken))
        ?? new FoundRecords([], [], Missing: 0);

    /// <summary>Who takes part in a round; null before that is decided.</summary>
    public Task<Selection?> FindSelectionAsync(string id, int round, CancellationToken cancellationToken) =>
        store.Value is { } artifacts
            ? artifacts.FindJsonAsync<Selection>(ArtifactNames.Selection(id, round), cancellationToken)
            : Task.FromResult<Selection?>(null);

    /// <summary>The round that is not recorded yet; null when there is none.</summary>
    /// <exception cref="ArtifactCorruptException">What tells of it is damaged.</exception>
    public async Task<RoundInProgress?> FindInProgressAsync(ResolvedSpec spec, CancellationToken cancellationToken)
    {
        if (store.Value is not { } artifacts)
            return null;
        var hearsWorkers = state.Hub is null && await IsAtWorkAsync(cancellationToken); // else nobody does, and the folder may not even be written
        return await new RoundWatch(
            artifacts, instances.ListAsync, TimeProvider.System, hearsWorkers ? new SqliteWorkSigns(state.Path) : null,
            state.Hub is null ? InstanceReader.FindTaken(state.Path) : null).FindAsync(spec, cancellationToken);
    }

    /// <summary>Work of a federation that nobody who asks for work can do, for a person; null if there is none.</summary>
    /// <remarks>It only looks: a server, which may be of another build, has the folder.</remarks>
    public string? FindRefused(ResolvedSpec spec) => state.Hub is not null || spec.Spec.PlacementElsewhere() is null
        ? null
        : WorkDatabase.TryRead(state.Path, connection => SqliteWorkBoard.RefusedIn(connection, DateTimeOffset.UtcNow.UtcTicks))?.FirstOrDefault(one => one.Federation == spec.Id)?.Describe();

    /// <summary>Whether a round has a record.</summary>
    public async Task<bool> IsRecordedAsync(string id, int round, CancellationToken cancellationToken) =>
        store.Value is { } artifacts && await new RecordedFederation(artifacts, id).IsRecordedAsync(round, cancellationToken);

    /// <summary>The global parameters after a round, or null where it is not recorded or the federation's retention does not keep them.</summary>
    /// <exception cref="ArtifactMissingException">They should be there and are gone. The message names what is whole.</exception>
    /// <exception cref="ArtifactCorruptException">They are damaged. The message names what is whole.</exception>
    public async Task<byte[]?> FindParametersAsync(string id, int round, CancellationToken cancellationToken) =>
        await ReadAsync(await FindAsync(id, federation => federation.FindParametersAsync(round, cancellationToken)), cancellationToken);

    /// <summary>The final model; null unless the federation is completed.</summary>
    /// <exception cref="ArtifactCorruptException">It is damaged. The message names what is whole.</exception>
    public async Task<byte[]?> FindModelAsync(string id, CancellationToken cancellationToken) =>
        await ReadAsync(await FindAsync(id, federation => federation.FindModelAsync(cancellationToken)), cancellationToken);

    /// <summary>The data set that a federation learnt from, divided; null if that is not known here.</summary>
    /// <exception cref="ArtifactCorruptException">It is damaged.</exception>
    public async Task<DatasetManifest?> FindManifestAsync(ResolvedSpec spec, CancellationToken cancellationToken) =>
        store.Value is { } artifacts && spec.Dataset is { } dataset
        && await artifacts.FindAsync(ArtifactNames.DatasetManifest(dataset.Digest), cancellationToken) is { } manifest
            ? await artifacts.ReadJsonAsync<DatasetManifest>(manifest, cancellationToken)
            : null;

    /// <summary>The best round so far by the spec's keepBest; null without one.</summary>
    /// <exception cref="ArtifactCorruptException">The last record is damaged.</exception>
    public Task<BestRound?> FindBestAsync(ResolvedSpec spec, CancellationToken cancellationToken) =>
        FindAsync(spec.Id, federation => federation.FindBestAsync(spec, cancellationToken));

    /// <summary>Hashes the final model, if there is one.</summary>
    /// <exception cref="ArtifactCorruptException">It is damaged. The message names what is whole.</exception>
    public Task CheckModelAsync(string id, CancellationToken cancellationToken) => FindAsync(id, federation => federation.FindModelAsync(cancellationToken));

    /// <summary>Whether anything is known of a federation, be it that it was purged.</summary>
    public async Task<bool> KnowsAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindInstanceAsync(id, cancellationToken) is not null)
            return true;
        string[] left =
        [
            ArtifactNames.Spec(id), ArtifactNames.Purged(id), ArtifactNames.Result(id), ArtifactNames.Model(id), ArtifactNames.Record(id, round: 0),
            ArtifactNames.GlobalParameters(id, round: 0),
        ];
        foreach (var name in left)
        {
            if (await HasAsync(name, cancellationToken))
                return true;
        }

        return false;
    }

    /// <summary>Whether an artifact is there.</summary>
    public async Task<bool> HasAsync(string name, CancellationToken cancellationToken) =>
        store.Value is { } artifacts && await artifacts.FindAsync(name, cancellationToken) is not null;

    /// <summary>A federation's instance, or null before it was started.</summary>
    public Task<OrchestrationMetadata?> FindInstanceAsync(string id, CancellationToken cancellationToken) => instances.FindAsync(id, cancellationToken);

    /// <summary>A federation's instance.</summary>
    /// <exception cref="UsageException">There is no such federation.</exception>
    public async Task<OrchestrationMetadata> GetInstanceAsync(string id, CancellationToken cancellationToken)
    {
        CheckId(id);
        return await FindInstanceAsync(id, cancellationToken) ?? throw await LacksAsync(id, cancellationToken);
    }

    /// <summary>Every federation's instance, oldest first.</summary>
    public async Task<IReadOnlyList<OrchestrationMetadata>> ListInstancesAsync(CancellationToken cancellationToken)
    {
        var all = new List<OrchestrationMetadata>();
        string? next = null;
        do
        {
            var page = await instances.ListAsync(
                new OrchestrationQuery(OrchestratorName: Orchestrations.Federation.Name, PageSize: PageSize, ContinuationToken: next), cancellationToken);
            all.AddRange(page.Instances);
            next = page.ContinuationToken;
        }
        while (next is not null);
        return [.. all.OrderBy(instance => instance.StartedAt())];
    }

    private static void CheckId(string id)
    {
        if (!ArtifactNames.IsId(id))
            throw new UsageException($"id: expected {ArtifactNames.IdRule}, got '{Excerpt.Printable(id)}'");
    }

    private async Task<UsageException> LacksAsync(string id, CancellationToken cancellationToken)
    {
        if (await HasAsync(ArtifactNames.Purged(id), cancellationToken))
            return new UsageException($"id: federation '{id}' was purged");
        return new UsageException(await FindInstanceAsync(id, cancellationToken) is not null || await HasAsync(ArtifactNames.Result(id), cancellationToken)
            ? $"id: of federation '{id}' {RecordedFederation.Lost(ArtifactNames.Spec(id))}; put it back"
            : $"id: there is no federation '{id}' {state.Place}");
    }

    private Task<T?> FindAsync<T>(string id, Func<RecordedFederation, Task<T?>> find)
        where T : class =>
        store.Value is { } artifacts ? find(new RecordedFederation(artifacts, id)) : Task.FromResult<T?>(null);

    private async Task<byte[]?> ReadAsync(ArtifactReference? reference, CancellationToken cancellationToken) =>
        reference is null ? null : await store.Value!.ReadAsync(reference, cancellationToken);
}
