using System.Collections.Concurrent;
using System.Globalization;
using FlDurable.Orchestrator;
using FlDurable.Orchestrator.Durable;
using FlDurable.Orchestrator.Work;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using FlDurable.Shared.Texts;

namespace FlDurable.Api;

/// <summary>Reads federations as the API shows them.</summary>
internal sealed class FederationReader(
    IArtifactStore store, IOrchestrationClient client, RoundWatch watch, ServerPaths paths, FederationApiOptions options, IWorkBoard? board = null)
{
    private const int ParallelReads = 16;

    /// <summary>A page of federations.</summary>
    /// <exception cref="InvalidSpecException">The continuation token is none.</exception>
    public async Task<FederationList> ListAsync(FederationQuery query, CancellationToken cancellationToken)
    {
        var asked = new OrchestrationQuery(
            EnginesStatuses(query.Statuses), query.IdPrefix, Orchestrations.Federation.Name, query.PageSize, query.ContinuationToken);
        if (query.NewestFirst)
        {
            var after = query.ContinuationToken is { } token ? NewestFirst.Place.Of(token) ?? throw NoToken(token) : null;
            return await ListNewestAsync(query, after, asked with { PageSize = FederationApi.MaxPageSize, ContinuationToken = null }, cancellationToken);
        }

        try
        {
            while (true)
            {
                var page = await client.GetInstancesAsync(asked, cancellationToken);
                var federations = page.Instances.Select(Summarize).Where(query.Has).ToList();
                if (federations.Count > 0 || page.ContinuationToken is null)
                    return new FederationList([.. federations.OrderBy(federation => federation.CreatedAt)], page.ContinuationToken);
                asked = asked with { ContinuationToken = page.ContinuationToken };
            }
        }
        catch (ArgumentException) when (query.ContinuationToken is { } token)
        {
            throw NoToken(token);
        }
    }

    /// <summary>A federation's instance.</summary>
    /// <exception cref="NotThereException">There is no such federation.</exception>
    public async Task<OrchestrationMetadata> GetInstanceAsync(string id, CancellationToken cancellationToken) =>
        await client.GetInstanceAsync(id, cancellationToken) is { } instance && instance.Name == Orchestrations.Federation.Name
            ? instance
            : throw new NotThereException($"there is no federation '{id}'");

    /// <summary>A federation in brief.</summary>
    /// <exception cref="NotThereException">There is no such federation.</exception>
    public async Task<FederationSummary> SummarizeAsync(string id, CancellationToken cancellationToken) =>
        Summarize(await GetInstanceAsync(id, cancellationToken));

    /// <summary>What a federation was started with.</summary>
    /// <exception cref="NotThereException">There is no such federation.</exception>
    /// <exception cref="ArtifactCorruptException">It is damaged, or gone.</exception>
    public async Task<ResolvedSpec> ReadSpecAsync(string id, CancellationToken cancellationToken)
    {
        await GetInstanceAsync(id, cancellationToken);
        return await FindSpecAsync(id, cancellationToken)
            ?? throw new NotThereException($"federation '{id}' is being purged");
    }

    /// <summary>All of a federation, with its newest rounds.</summary>
    /// <exception cref="NotThereException">There is no such federation.</exception>
    public async Task<FederationDetails> ReadAsync(string id, int mostRounds, CancellationToken cancellationToken)
    {
        var instance = await GetInstanceAsync(id, cancellationToken);
        var brief = Summarize(instance);
        var damage = new ConcurrentQueue<string>();
        var resolved = await WholeAsync(() => FindSpecAsync(id, cancellationToken), damage);
        var last = brief.Progress?.Round ?? -1;
        var model = instance.IsOver ? await WholeAsync(() => Recorded(id).FindModelAsync(cancellationToken), damage) : null;
        var rounds = await ReadRoundsAsync(id, Math.Max(0, last - mostRounds + 1), last, damage, cancellationToken);
        return new FederationDetails
        {
            Id = brief.Id,
            Status = brief.Status,
            CreatedAt = brief.CreatedAt,
            LastUpdatedAt = brief.LastUpdatedAt,
            Progress = brief.Progress,
            Failure = brief.Failure,
            Waiting = brief.Waiting ?? (resolved is null || instance.IsOver ? null : await FindRefusedAsync(resolved, cancellationToken)),
            Spec = resolved is null ? null : paths.Hide(resolved.Spec),
            Engine = resolved?.Engine is { } engine and not ResolvedSpec.Undecided ? engine : null,
            MissingClients = instance.RuntimeStatus == OrchestrationRuntimeStatus.Failed ? await FindMissingAsync(instance, damage, cancellationToken) : null,
            PastFailures = await FindPastFailuresAsync(id, damage, cancellationToken),
            Dataset = resolved?.Dataset,
            InProgress = resolved is null || instance.IsOver ? null : await FindInProgressAsync(resolved, damage, cancellationToken),
            Rounds = rounds,
            Best = resolved is null ? null : await FindBestAsync(resolved, brief.Progress?.Round ?? -1, damage, cancellationToken),
            Damage = DamageIn(damage),
            Model = model is null ? null : new ModelSummary(options.Paths.Model(id), model.Length, model.Sha256),
        };
    }

    /// <summary>How a federation's data is divided.</summary>
    /// <exception cref="NotThereException">There is no such federation, or its data is not prepared yet.</exception>
    /// <exception cref="ArtifactCorruptException">What tells of it is damaged, or gone.</exception>
    public async Task<DataDivision> ReadDivisionAsync(string id, CancellationToken cancellationToken)
    {
        var spec = await ReadSpecAsync(id, cancellationToken);
        var name = spec.Dataset is { } dataset ? ArtifactNames.DatasetManifest(dataset.Digest) : null;
        if (name is not null && await store.FindAsync(name, cancellationToken) is { } manifest)
            return await DataDivision.ReadAsync(store, manifest, cancellationToken);
        throw name is not null && await new RecordedFederation(store, id).IsRecordedAsync(0, cancellationToken)
            ? Lost(name)
            : new NotThereException($"the data of federation '{id}' is not divided (yet)");
    }

    /// <summary>A page of a federation's rounds.</summary>
    /// <exception cref="NotThereException">There is no such federation.</exception>
    public async Task<RoundList> ListRoundsAsync(string id, RoundQuery query, CancellationToken cancellationToken)
    {
        var federation = await SummarizeAsync(id, cancellationToken);
        var damage = new ConcurrentQueue<string>();
        var (low, high, next) = query.PageOf(federation.Progress?.Round ?? -1);
        var rounds = await ReadRoundsAsync(id, low, high, damage, cancellationToken);
        return new RoundList(query.NewestFirst ? [.. rounds.Reverse()] : rounds, next?.ToString(CultureInfo.InvariantCulture), DamageIn(damage));
    }

    /// <summary>How a federation's clients did in its newest rounds.</summary>
    /// <param name="id">The federation.</param>
    /// <param name="mostRounds">At most so many rounds.</param>
    /// <param name="mostClients">At most so many clients.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="NotThereException">There is no such federation.</exception>
    public async Task<ClientHistories> ReadHistoriesAsync(string id, int mostRounds, int mostClients, CancellationToken cancellationToken)
    {
        var last = (await SummarizeAsync(id, cancellationToken)).Progress?.Round ?? -1;
        var damage = new ConcurrentQueue<string>();
        var histories = new ClientHistories.Builder();
        await ReadRecordsAsync(id, Math.Max(1, last - mostRounds + 1), last, damage, histories.Add, cancellationToken);
        return histories.Build(mostClients) with { Damage = DamageIn(damage) };
    }

    /// <summary>A round's record.</summary>
    /// <exception cref="NotThereException">There is none.</exception>
    public async Task<RoundRecord> ReadRoundAsync(string id, int round, CancellationToken cancellationToken)
    {
        await GetInstanceAsync(id, cancellationToken);
        return await Recorded(id).FindRecordAsync(round, cancellationToken) is { } record
            ? paths.Hide(record)
            : throw new NotThereException($"federation '{id}' has no round {round} (yet)");
    }

    /// <summary>Some clients of a round whose record has them in parts.</summary>
    /// <exception cref="NotThereException">There is no such part.</exception>
    /// <exception cref="ArtifactCorruptException">It is damaged, or gone.</exception>
    public async Task<RoundClients> ReadRoundPartAsync(string id, int round, int part, CancellationToken cancellationToken)
    {
        var record = await ReadRoundAsync(id, round, cancellationToken);
        if (record.Parts is not { Count: var count })
            throw new NotThereException($"the record of round {round} of federation '{id}' has no parts: its clients are in the record itself");
        if (part >= count)
            throw new NotThereException(FormattableString.Invariant($"the record of round {round} of federation '{id}' has {count} parts, counted from 0, and no part {part}"));
        try
        {
            return paths.Hide(await Recorded(id).ReadClientsAsync(record, part, cancellationToken));
        }
        catch (ArtifactMissingException exception)
        {
            throw await IsPurgedAsync(id, cancellationToken) ? new NotThereException($"federation '{id}' is being purged") : Lost(exception.Artifact!);
        }
    }

    /// <summary>Which parameters a federation has.</summary>
    /// <param name="id">The federation.</param>
    /// <param name="round">The parameters after that round; null for the final ones.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="NotThereException">There are none.</exception>
    /// <exception cref="ArtifactCorruptException">They are damaged, or gone. The message names what is whole.</exception>
    public async Task<ArtifactReference> FindModelAsync(string id, int? round, CancellationToken cancellationToken)
    {
        await GetInstanceAsync(id, cancellationToken);
        if (round is { } number)
            return await FindParametersAsync(id, number, cancellationToken);
        return await Recorded(id).FindModelAsync(cancellationToken)
            ?? throw new NotThereException($"federation '{id}' has no final model: it is not over, failed or was terminated");
    }

    private async Task<ArtifactReference> FindParametersAsync(string id, int round, CancellationToken cancellationToken)
    {
        try
        {
            return await Recorded(id).FindParametersAsync(round, cancellationToken)
                ?? throw new NotThereException(await Recorded(id).IsRecordedAsync(round, cancellationToken)
                    ? $"federation '{id}' has no parameters of round {round} any more: its retention does not keep them"
                    : $"federation '{id}' has no parameters of round {round}: it is not recorded (yet)");
        }
        catch (ArtifactMissingException exception)
        {
            throw await IsPurgedAsync(id, cancellationToken)
                ? new NotThereException($"federation '{id}' is being purged")
                : new ArtifactCorruptException(exception.Message, exception.Artifact);
        }
    }

    /// <summary>Work of a federation that nobody who asks for work can do; null if there is none.</summary>
    private async Task<string?> FindRefusedAsync(ResolvedSpec spec, CancellationToken cancellationToken) =>
        board is not null && spec.Spec.PlacementElsewhere() is not null
            ? (await board.ListRefusedAsync(cancellationToken)).FirstOrDefault(refused => refused.Federation == spec.Id)?.Describe()
            : null;

    private async Task<RoundInProgress?> FindInProgressAsync(ResolvedSpec spec, ConcurrentQueue<string> damage, CancellationToken cancellationToken) =>
        await WholeAsync(() => watch.FindAsync(spec, cancellationToken), damage) is { } found
            ? found with { Clients = found.Clients is { } clients ? clients with { Failures = [.. clients.Failures.Select(paths.Hide)] } : null }
            : null;

    private async Task<IReadOnlyList<ClientFailure>?> FindMissingAsync(OrchestrationMetadata instance, ConcurrentQueue<string> damage, CancellationToken cancellationToken)
    {
        var result = await WholeAsync(() => Recorded(instance.InstanceId).FindResultAsync(instance.ReadOutputAs<ArtifactReference>(), cancellationToken), damage);
        return result?.MissingClients is { } missing ? [.. missing.Select(paths.Hide)] : null;
    }

    private async Task<IReadOnlyList<PastFailure>?> FindPastFailuresAsync(string id, ConcurrentQueue<string> damage, CancellationToken cancellationToken) =>
        await WholeAsync<IReadOnlyList<PastFailure>>(async () => await store.ReadPastFailuresAsync(id, cancellationToken), damage) is { Count: > 0 } failures
            ? [.. failures.Select(paths.Hide)]
            : null;

    private async Task<BestSummary?> FindBestAsync(ResolvedSpec spec, int last, ConcurrentQueue<string> damage, CancellationToken cancellationToken)
    {
        if (spec.Spec.KeepBest is not { } metric || last < 0)
            return null;
        var record = await WholeAsync(() => FindRecordedAsync(spec.Id, last, cancellationToken), damage);
        return record?.Best?.FirstOrDefault(best => best.Metric == metric) is { } found
            ? new BestSummary(metric, found.Round, found.Value, options.Paths.RoundModel(spec.Id, found.Round))
            : null;
    }

    private static InvalidSpecException NoToken(string token) =>
        new([new SpecError("continuationToken", $"expected one that a page ended with, got '{Excerpt.Counted(token)}'")]);

    private async Task<FederationList> ListNewestAsync(
        FederationQuery query, NewestFirst.Place? after, OrchestrationQuery asked, CancellationToken cancellationToken)
    {
        var newest = new NewestFirst(query.PageSize, after);
        while (true)
        {
            var page = await client.GetInstancesAsync(asked, cancellationToken);
            foreach (var federation in page.Instances.Select(Summarize).Where(query.Has))
                newest.See(federation);
            if (page.ContinuationToken is null)
                return newest.Page();
            asked = asked with { ContinuationToken = page.ContinuationToken };
        }
    }

    private IReadOnlyList<string>? DamageIn(ConcurrentQueue<string> damage) =>
        damage.IsEmpty ? null : [.. damage.Select(paths.Hide).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    // To the engine, a federation whose data is being prepared is running.
    private static IReadOnlyList<OrchestrationRuntimeStatus>? EnginesStatuses(IReadOnlyList<OrchestrationRuntimeStatus>? statuses) =>
        statuses?.Contains(OrchestrationRuntimeStatus.Pending) == true ? [.. statuses.Append(OrchestrationRuntimeStatus.Running).Distinct()] : statuses;

    private FederationSummary Summarize(OrchestrationMetadata instance) => Summarize(instance, instance.ReadCustomStatusAs<FederationProgress>());

    private FederationSummary Summarize(OrchestrationMetadata instance, FederationProgress? progress) => new()
    {
        Id = instance.InstanceId,
        Status = instance.RuntimeStatus == OrchestrationRuntimeStatus.Running && progress is null or { Round: < 0 }
            ? OrchestrationRuntimeStatus.Pending
            : instance.RuntimeStatus,
        CreatedAt = instance.StartedAt(),
        LastUpdatedAt = instance.LastUpdatedAt,
        Progress = instance.IsOver && progress is { Doing: not null } ? progress with { Doing = null } : progress,
        Failure = instance.FailureReason is { } reason ? paths.Hide(reason) : null,
        Waiting = instance.Waiting is { } waiting ? paths.Hide(waiting) : null,
    };

    private RecordedFederation Recorded(string id) => new(store, id);

    /// <summary>What a federation was started with; null while it is being purged.</summary>
    /// <exception cref="ArtifactCorruptException">It is damaged, or gone.</exception>
    private async Task<ResolvedSpec?> FindSpecAsync(string id, CancellationToken cancellationToken)
    {
        if (await Recorded(id).FindSpecAsync(cancellationToken) is { } spec)
            return spec;
        return await IsPurgedAsync(id, cancellationToken) ? null : throw Lost(ArtifactNames.Spec(id));
    }

    private async Task<RoundRecord?> FindRecordedAsync(string id, int round, CancellationToken cancellationToken)
    {
        if (await Recorded(id).FindRecordAsync(round, cancellationToken) is { } record)
            return record;
        return await IsPurgedAsync(id, cancellationToken) ? null : throw Lost(ArtifactNames.Record(id, round));
    }

    // A purge begins with this.
    private async Task<bool> IsPurgedAsync(string id, CancellationToken cancellationToken) =>
        await store.FindAsync(ArtifactNames.Purged(id), cancellationToken) is not null;

    private static ArtifactCorruptException Lost(string artifact) => new(RecordedFederation.Lost(artifact), artifact);

    /// <summary>What is whole, or null with what is wrong with it.</summary>
    private static async Task<T?> WholeAsync<T>(Func<Task<T?>> find, ConcurrentQueue<string> damage)
        where T : class
    {
        try
        {
            return await find();
        }
        catch (ArtifactCorruptException exception)
        {
            damage.Enqueue(exception.Message);
            return null;
        }
    }

    private async Task<IReadOnlyList<RoundSummary>> ReadRoundsAsync(
        string id, int first, int last, ConcurrentQueue<string> damage, CancellationToken cancellationToken)
    {
        var rounds = new ConcurrentBag<RoundSummary>();
        await ReadRecordsAsync(
            id, first, last, damage, record => rounds.Add(RoundSummary.Of(paths.Hide(record), options.Paths.Round(id, record.Round))), cancellationToken);
        return [.. rounds.OrderBy(round => round.Round)];
    }

    /// <summary>Reads records, many at a time and in no order, and keeps none.</summary>
    private Task ReadRecordsAsync(
        string id, int first, int last, ConcurrentQueue<string> damage, Action<RoundRecord> take, CancellationToken cancellationToken) => Parallel.ForAsync(
        first, Math.Max(first, last + 1),
        new ParallelOptions { MaxDegreeOfParallelism = ParallelReads, CancellationToken = cancellationToken },
        async (round, cancel) =>
        {
            if (await WholeAsync(() => FindRecordedAsync(id, round, cancel), damage) is { } record)
                take(record);
        });
}
