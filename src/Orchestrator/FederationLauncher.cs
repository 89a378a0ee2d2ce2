using System.Text.Json;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.ServerActivities;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Checkpoints;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Notifications;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Texts;

namespace FlDurable.Orchestrator;

/// <summary>
/// Starts federations. Whoever writes <c>spec.json</c> first owns the id; who comes later with the same spec joins, with another one is
/// refused. Launching the same spec again after a crash goes on where the first launch stopped.
/// </summary>
public sealed class FederationLauncher(
    IArtifactStore store, IOrchestrationClient client, IDatasetLibrary library, DatasetNames names, Partitioners partitioners, NetworkRegistry networks,
    IEngineCatalog engines, StrategyRegistry strategies, AttackRegistry attacks, SpecPackages packages, NotificationSettings notifications, TimeProvider time,
    ISiteRegistry? sites = null, IWorkBoard? board = null)
{
    private const string PartitionerField = "partitioner";

    private readonly BranchedState branchedState = new(store, strategies);
    private readonly KeptFailures failures = new(store);
    private readonly DatasetDecision decision = new(store, library, networks, engines, attacks);
    private readonly SpecResolution resolution = new(store, names, networks, engines, strategies, packages, notifications);

    /// <summary>
    /// Reads the data, resolves the spec and starts the federation, or finds it started: for whoever waits for it and wants to be told before
    /// anything is begun what is wrong.
    /// </summary>
    /// <param name="checkedSpec">The spec, with an id.</param>
    /// <param name="initial">
    /// The content of the file that <see cref="FederationSpec.Initial"/> names; null if it names none, or if the federation was started before.
    /// </param>
    /// <param name="progress">Told how far the loading of the data set is.</param>
    /// <param name="cancellationToken">Cancels the launch; launched again it goes on.</param>
    /// <exception cref="InvalidSpecException">A field does not fit the data or this machine.</exception>
    /// <exception cref="DatasetException">The data can't be used.</exception>
    /// <exception cref="FederationConflictException">
    /// The id belongs to a federation with another spec, to one that was purged, or to one whose spec is gone.
    /// </exception>
    /// <exception cref="ArtifactCorruptException">What the federation was started with, or goes on from, is damaged.</exception>
    /// <exception cref="ArtifactMissingException">The parameters that it goes on from are gone.</exception>
    public Task<LaunchedFederation> LaunchAsync(
        CheckedSpec checkedSpec, ReadOnlyMemory<byte>? initial, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken) =>
        LaunchAsync(
            checkedSpec, initial, dataFolder: null, async spec => await ReadAsync(spec, progress, cancellationToken), cancellationToken);

    /// <summary>
    /// Starts the federation, or finds it started, and touches no data: the federation reads it itself, and fails if it can't be used. What is
    /// wrong with the spec is told all the same.
    /// </summary>
    /// <param name="checkedSpec">The spec, with an id.</param>
    /// <param name="initial">As for <see cref="LaunchAsync(CheckedSpec, ReadOnlyMemory{byte}?, IProgress{DatasetProgress}?, CancellationToken)"/>.</param>
    /// <param name="dataFolder">Where the data must lie that the spec names (<see cref="ResolvedSpec.DataFolder"/>); null for anywhere.</param>
    /// <param name="cancellationToken">Cancels the launch; launched again it goes on.</param>
    /// <exception cref="InvalidSpecException">A field does not fit this machine.</exception>
    /// <exception cref="FederationConflictException">
    /// The id belongs to a federation with another spec, to one that was purged, or to one whose spec is gone.
    /// </exception>
    /// <exception cref="ArtifactCorruptException">What the federation was started with, or goes on from, is damaged.</exception>
    /// <exception cref="ArtifactMissingException">The parameters that it goes on from are gone.</exception>
    public Task<LaunchedFederation> AcceptAsync(
        CheckedSpec checkedSpec, ReadOnlyMemory<byte>? initial, string? dataFolder, CancellationToken cancellationToken) =>
        LaunchAsync(checkedSpec, initial, dataFolder, _ => Task.FromResult<ResolvedDataset?>(null), cancellationToken);

    /// <summary>Says whether a federation could be launched, and writes nothing.</summary>
    /// <param name="checkedSpec">The spec, with an id.</param>
    /// <param name="initial">As for <see cref="LaunchAsync(CheckedSpec, ReadOnlyMemory{byte}?, IProgress{DatasetProgress}?, CancellationToken)"/>.</param>
    /// <param name="readsData">Whether the data is read, and downloaded if need be.</param>
    /// <param name="progress">Told how far the loading of the data set is.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>What it would be started with, or was.</returns>
    /// <exception cref="InvalidSpecException">A field does not fit this machine, or the data where that is read.</exception>
    /// <exception cref="DatasetException">The data can't be used.</exception>
    /// <exception cref="FederationConflictException">The id belongs to a federation with another spec, or to one that was purged.</exception>
    /// <exception cref="ArtifactCorruptException">What the federation was started with, or goes on from, is damaged.</exception>
    public async Task<ResolvedSpec> CheckAsync(
        CheckedSpec checkedSpec, ReadOnlyMemory<byte>? initial, bool readsData, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var spec = checkedSpec.Spec;
        ArgumentNullException.ThrowIfNull(spec.Id);
        if (await store.FindAsync(ArtifactNames.Purged(spec.Id), cancellationToken) is not null)
            throw WasPurged(spec.Id);
        if (await new RecordedFederation(store, spec.Id).FindSpecAsync(cancellationToken) is { } existing)
        {
            RefuseOther(spec, existing);
            return packages.WhyNot(existing) is { } reason ? throw new FederationConflictException(reason) : existing;
        }

        return (await resolution.ResolveAsync(
            spec, initial, dataFolder: null,
            async asked => readsData ? await ReadAsync(asked, progress, cancellationToken) : null, knowsSites: true, knowsPool: true, cancellationToken)).Spec;
    }

    private async Task<LaunchedFederation> LaunchAsync(
        CheckedSpec checkedSpec, ReadOnlyMemory<byte>? initial, string? dataFolder, Func<FederationSpec, Task<ResolvedDataset?>> read,
        CancellationToken cancellationToken)
    {
        var spec = checkedSpec.Spec;
        ArgumentNullException.ThrowIfNull(spec.Id);
        GivenParameters? given = null;
        var reference = await FindSpecAsync(spec.Id, cancellationToken);
        var isNew = reference is null;
        ResolvedDataset? data = null;
        if (reference is null)
        {
            (var decided, data, given) = await resolution.ResolveAsync(spec, initial, dataFolder, read, knowsSites: sites is not null, knowsPool: board is not null, cancellationToken);
            reference = await store.PutJsonAsync(ArtifactNames.Spec(spec.Id), decided, cancellationToken);
        }

        var resolved = await store.FindJsonAsync<ResolvedSpec>(reference.Name, cancellationToken)
            ?? throw new ArtifactMissingException($"artifact '{reference.Name}' was deleted while federation '{spec.Id}' was started");
        RefuseOther(spec, resolved);
        var recorded = new RecordedFederation(store, spec.Id);
        if (packages.WhyNot(await recorded.DecideAsync(resolved, cancellationToken)) is { } reason)
            throw new FederationConflictException(reason);
        if (data is not null)
            await decision.KeepAsync(resolved, data, cancellationToken);
        resolved = await recorded.DecideAsync(resolved, cancellationToken);
        var network = networks.Find(resolved);
        if (network is not null)
            engines.Resolve(resolved.Engine, network, spec.LargestBatch(), spec.CentralEvaluation); // a federation that goes on may have come to another machine
        if (resolved.Initial is not null && await store.FindAsync(ArtifactNames.Record(spec.Id, round: 0), cancellationToken) is null)
        {
            if (await store.FindAsync(resolved.Initial.Name, cancellationToken) != resolved.Initial)
                await PutInitialAsync(spec, resolved.Initial, given ??= SpecResolution.ReadGiven(spec, initial, network, cancellationToken), cancellationToken);
            await branchedState.CopyAsync(resolved, cancellationToken);
        }

        var plan = strategies.PlanOf(spec);
        var (last, retries) = isNew ? (null, null) : await FindLostAsync(resolved, cancellationToken);
        int? attempts = retries is null ? null : await failures.TakeAttemptsAsync(spec.Id, plan, cancellationToken);
        var isStarted = await client.ScheduleNewOrchestrationInstanceAsync(
            Orchestrations.Federation, new FederationState(reference, plan, last, time.GetUtcNow(), retries, attempts), spec.Id, cancellationToken);
        return new LaunchedFederation(resolved, isNew, isStarted, isStarted ? last?.Round : null, given?.Changed);
    }

    /// <summary>Reads the data that a spec names, and sees whether it can be divided as the spec asks.</summary>
    /// <exception cref="InvalidSpecException">The spec doesn't fit it.</exception>
    /// <exception cref="DatasetException">It can't be used.</exception>
    private async Task<ResolvedDataset> ReadAsync(FederationSpec spec, IProgress<DatasetProgress>? progress, CancellationToken cancellationToken)
    {
        var found = await decision.ResolveAsync(spec, folder: null, progress, cancellationToken);
        if (spec.Partitioner.Name == IidPartitioner.Named.Name)
            return found; // which divides whatever has an image for each client
        var partitioner = partitioners.For(spec.Partitioner);
        var dataset = await library.PeekAsync(found.Sha256, cancellationToken);
        try
        {
            _ = partitioner.Partition(TrainingImages.Of(dataset, spec.Clients, spec.Seed));
        }
        catch (DatasetException exception)
        {
            var (field, why) = exception.Message.Split(": ", 2) is ["clients" or PartitionerField, _] named ? (named[0], named[1]) : (PartitionerField, exception.Message);
            throw new InvalidSpecException([new SpecError(field, why)]);
        }

        return found;
    }

    /// <summary>The spec of a federation that there is; null if the id is new.</summary>
    private async Task<ArtifactReference?> FindSpecAsync(string id, CancellationToken cancellationToken)
    {
        var name = ArtifactNames.Spec(id);
        if (await store.FindAsync(name, cancellationToken) is { } found)
            return found;
        if (await store.FindAsync(ArtifactNames.Purged(id), cancellationToken) is not null)
            throw WasPurged(id);
        if (!await IsBegunAsync(id, cancellationToken))
            return null;

        // Another launch may have written it between the two looks.
        return await store.FindAsync(name, cancellationToken) ?? throw new FederationConflictException(
            $"of federation '{id}' artifact '{name}' is missing, and what it was started with is not known without: put spec.json back, or choose another id");
    }

    private static FederationConflictException WasPurged(string id) => new($"federation '{id}' was purged: its id is not given out again, choose another");

    /// <summary>Whether anything is left that only a federation that was started leaves.</summary>
    private async Task<bool> IsBegunAsync(string id, CancellationToken cancellationToken)
    {
        if (await client.GetInstanceAsync(id, cancellationToken) is not null)
            return true;
        foreach (var name in (string[])[ArtifactNames.Result(id), ArtifactNames.Model(id), ArtifactNames.FederationDataset(id), ArtifactNames.Record(id, 0), ArtifactNames.GlobalParameters(id, 0)])
        {
            if (await store.FindAsync(name, cancellationToken) is not null)
                return true;
        }

        return false;
    }

    /// <summary>
    /// The last recorded round of a federation that the engine knows nothing of, and how often it was retried: the engine's database was lost. What
    /// was terminated stays so; what had failed is retried by that.
    /// </summary>
    private async Task<(RecordedRound? Last, int? Retries)> FindLostAsync(ResolvedSpec spec, CancellationToken cancellationToken)
    {
        if (await client.GetInstanceAsync(spec.Id, cancellationToken) is not null)
            return default;
        if (await store.FindAsync(ArtifactNames.Stop(spec.Id, await store.CountRetriesAsync(spec.Id, cancellationToken)), cancellationToken) is not null)
            throw new FederationConflictException($"federation '{spec.Id}' was terminated, by an engine whose database is lost: choose another id");
        var last = await new RecordedFederation(store, spec.Id).FindLastRoundAsync(spec, first: 0, cancellationToken);
        return (last, await failures.KeepOfLostAsync(spec, last, cancellationToken));
    }

    private async Task PutInitialAsync(FederationSpec spec, ArtifactReference expected, GivenParameters? given, CancellationToken cancellationToken)
    {
        var found = given is null ? null : ArtifactReference.Of(expected.Name, given.Safetensors.Span);
        if (found != expected)
        {
            var other = (found, given) switch
            {
                (null, _) => "it is gone",
                (_, { Changed: { } changed }) => $"'{spec.Initial}' ({changed}) comes to SHA-256 {found.Sha256}",
                _ => $"'{spec.Initial}' has {found.Sha256}",
            };
            throw new InvalidSpecException([new SpecError(
                "initial", $"expected the file that the federation was started with, whose parameters have SHA-256 {expected.Sha256} as safetensors in single precision; {other}")]);
        }

        if (await store.PutAsync(expected.Name, given!.Safetensors, cancellationToken) is var there && there != expected)
        {
            throw new ArtifactCorruptException(
                $"artifact '{expected.Name}' is damaged: it has SHA-256 {there.Sha256}, the federation was started with {expected.Sha256}; delete it and start again", expected.Name);
        }
    }

    private static void RefuseOther(FederationSpec asked, ResolvedSpec existing)
    {
        var old = JsonSerializer.SerializeToElement(existing.Spec, ContractJson.Options);
        var now = JsonSerializer.SerializeToElement(asked, ContractJson.Options);
        var fields = old.EnumerateObject().Concat(now.EnumerateObject()).Select(field => field.Name).Distinct(StringComparer.Ordinal);
        var differences = fields
            .Select(field => (Field: field, Old: Text(old, field), Now: Text(now, field)))
            .Where(field => field.Old != field.Now)
            .Select(field => new SpecError(field.Field, $"is {Excerpt.Counted(field.Old)}, not {Excerpt.Counted(field.Now)}"))
            .ToList();
        if (differences.Count > 0)
        {
            var named = differences.Select(field => $"{field.Field} {field.Message}");
            throw new FederationConflictException($"federation '{existing.Id}' exists with another spec: {string.Join(", ", named)}", differences, existing.Spec);
        }

        static string Text(JsonElement spec, string field) => spec.TryGetProperty(field, out var value) ? value.GetRawText() : "not given";
    }
}

/// <summary>A federation that was started, now or before.</summary>
/// <param name="Spec">Its resolved spec, with its data set if that is known.</param>
/// <param name="IsNew">Whether this launch claimed the id.</param>
/// <param name="IsStarted">Whether its instance was started now.</param>
/// <param name="RecoveredRound">The round after which it goes on because its engine's database is lost, with all that was not recorded; else null.</param>
/// <param name="ChangedInitial">What was done to the file of its initial parameters to read them; null if nothing was, or it was not read.</param>
public sealed record LaunchedFederation(ResolvedSpec Spec, bool IsNew, bool IsStarted, int? RecoveredRound = null, string? ChangedInitial = null);

/// <summary>What is asked of a federation does not go together with the state that it is in, or with its spec.</summary>
/// <param name="message">What, for a person.</param>
/// <param name="differences">The fields in which the specs differ; null when it is not about specs.</param>
/// <param name="existing">The spec of the federation that is there; null when it is not about specs.</param>
public sealed class FederationConflictException(string message, IReadOnlyList<SpecError>? differences = null, FederationSpec? existing = null)
    : Exception(message)
{
    /// <summary>The spec of the federation that is there; null when it is not about specs.</summary>
    public FederationSpec? Existing { get; } = existing;

    /// <summary>The fields in which the specs differ; empty when it is not about specs.</summary>
    public IReadOnlyList<SpecError> Differences { get; } = differences ?? [];
}
