using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Aggregation;

/// <summary>
/// Brings a leaf's cohorts together: every client by name, as a result or as a failure, and for updates their sum. What a client says is
/// held against what is known (<see cref="OutcomeCheck"/>), and an update that can't be averaged is its client's failure.
/// </summary>
/// <remarks>
/// An update, or a cohort's manifest, that was acknowledged and is not there is none: something was lost, and that stops the attempt. Where
/// it is not there in the next attempt either, its client only says that it was.
/// </remarks>
internal sealed class AggregateLeaf(IArtifactStore store, NetworkRegistry networks, StrategyRegistry strategies, AttackRegistry attacks, SpecPackages packages)
    : IActivity<AggregateLeafInput, PartResult>
{
    public async Task<PartResult> RunAsync(AggregateLeafInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(input.Spec, packages, cancellationToken);
        var manifest = ArtifactNames.Subtree(spec.Id, input.Round, input.Attempt, input.Phase, input.Range);
        if (await store.FindAsync(manifest, cancellationToken) is null)
            await new RecordedFederation(store, spec.Id).ThrowIfRecordedAsync(input.Round, cancellationToken);
        var selected = await store.ReadSelectedAsync(input.Selection, input.Phase, input.Range, cancellationToken);
        var aggregation = input.Phase.HasUpdates
            ? strategies.For(spec.Spec, input.Round).Under((await store.ReadJsonAsync<Selection>(input.Selection, cancellationToken)).Plan)
            : null;
        var global = input.Phase.HasUpdates ? await store.ReadParametersAsync(input.Global, networks.Get(spec), cancellationToken) : null;
        var check = global is null ? null : new UpdateCheck(global, spec.Spec.MaxUpdateNorm);
        var reader = check is null ? null : new UpdateReader(store, check.Layout);
        var leaf = new Leaf(input, selected, spec, networks.Get(spec), aggregation, check, reader);
        var attack = global is null ? null : LeafAttack.Find(store, attacks, spec.Spec, input, selected, global);
        if (attack is { LooksAtOthers: true })
            await ShowOthersAsync(attack, leaf, cancellationToken);

        // An attack may keep what it has seen and sent.
        Action<ModelParameters>? release = attack is null && reader is not null ? reader.GiveBack : null;
        var sum = check is not null && aggregation is ISumAggregation summing ? new LeafSum(summing, check.Layout, release) : null;

        var clients = new List<ClientOutcome>(input.Range.Count);
        var updates = ReadOutcomesAsync(leaf, cancellationToken)
            .ReadAheadAsync((outcome, cancel) => ReadUpdateAsync(leaf, outcome, attack, cancel), cancellationToken);
        await foreach (var (outcome, update) in updates)
        {
            var isCounted = update is null || sum is null || sum.TryAdd(outcome, update);
            var told = isCounted ? leaf.Told(outcome) : leaf.Check.Rejected(outcome.Client, "what it says of its training gives it no finite weight");
            clients.Add(told with { Index = selected[clients.Count].Index });
            if (update is not null && sum is null)
                release?.Invoke(update);
        }

        return await WriteAsync(spec.Id, input, manifest, clients, sum, cancellationToken);
    }

    /// <summary>Has an attack see what the leaf's honest clients send, as far as it is good.</summary>
    private async Task ShowOthersAsync(LeafAttack attack, Leaf leaf, CancellationToken cancellationToken)
    {
        var updates = ReadOutcomesAsync(leaf, cancellationToken)
            .Where(outcome => !attack.IsHostile(outcome))
            .ReadAheadAsync((outcome, cancel) => ReadUpdateAsync(leaf, outcome, attack: null, cancel), cancellationToken);
        await foreach (var (_, update) in updates)
        {
            if (update is not null)
                attack.See(update);
        }
    }

    private async IAsyncEnumerable<ClientOutcome> ReadOutcomesAsync(Leaf leaf, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var cohorts = SelectionTree.Cohorts(leaf.Input.Range, leaf.Input.CohortSize).Zip(leaf.Input.Cohorts).ToAsyncEnumerable();
        var reads = cohorts.ReadAheadAsync(
            (cohort, cancel) => ReadCohortAsync(leaf, cohort.First, cohort.Second, cancel), cancellationToken);
        await foreach (var cohort in reads)
        {
            foreach (var outcome in cohort)
                yield return outcome;
        }
    }

    private async Task<IReadOnlyList<ClientOutcome>> ReadCohortAsync(
        Leaf leaf, SelectionRange cohort, CohortEnd end, CancellationToken cancellationToken)
    {
        if (end.Alone is { } alone)
            return await ReadAloneAsync(leaf, cohort, alone, cancellationToken);
        var selected = leaf.Selected.Skip(cohort.First - leaf.Input.Range.First).Take(cohort.Count).ToList();
        if (end.Manifest is null)
            return AllFailed(end.Failure ?? "no reason given");
        try
        {
            var said = (await store.ReadJsonAsync<PartOutcomes>(end.Manifest, cancellationToken)).Clients;
            return said.Count == selected.Count
                ? [.. selected.Zip(said, leaf.Check.Of)]
                : AllFailed($"the manifest of its cohort has {said.Count} clients, expected {selected.Count}");
        }
        catch (Exception exception) when (IsTheClients(leaf, exception))
        {
            await RethrowIfOverAsync(leaf, exception, cancellationToken);
            return AllFailed($"the manifest of its cohort can't be used: {exception.Message}");
        }

        IReadOnlyList<ClientOutcome> AllFailed(string reason) => [.. selected.Select(client => leaf.Check.Failed(client.Client, reason))];
    }

    private async Task<IReadOnlyList<ClientOutcome>> ReadAloneAsync(
        Leaf leaf, SelectionRange cohort, IReadOnlyList<CohortEnd> ends, CancellationToken cancellationToken)
    {
        var outcomes = new List<ClientOutcome>(cohort.Count);
        foreach (var (client, end) in SelectionTree.Cohorts(cohort, cohortSize: 1).Zip(ends))
            outcomes.AddRange(await ReadCohortAsync(leaf, client, end, cancellationToken));
        return outcomes;
    }

    /// <param name="leaf">The leaf.</param>
    /// <param name="outcome">What the client says, as far as it holds.</param>
    /// <param name="attack">What hostile clients do; null where there are none.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>With the update if it can be averaged; if not, the outcome tells why.</returns>
    private async Task<(ClientOutcome Outcome, ModelParameters? Update)> ReadUpdateAsync(
        Leaf leaf, ClientOutcome outcome, LeafAttack? attack, CancellationToken cancellationToken)
    {
        if (outcome.Failure is not null || leaf.UpdateCheck is not { } check || leaf.Reader is not { } reader)
            return (outcome, null);
        try
        {
            var (update, isAsWritten) = await reader.ReadAsync(outcome.Update!, cancellationToken);
            if (attack?.IsHostile(outcome) == true)
            {
                (outcome, update) = await attack.ReplaceAsync(outcome, update, cancellationToken);
                isAsWritten = true;
            }

            if (check.FindProblem(update, out var norm) is { } reason)
                return (leaf.Check.Rejected(outcome.Client, reason), null);
            if (leaf.NeedsRanges && !isAsWritten)
                return (leaf.Check.Rejected(outcome.Client, "its tensors are not where FlDurable writes them, and the strategy reads the same range of all"), null);
            if (outcome.State is { } kept
                && !TensorPrimitives.IsFiniteAll<float>((await store.ReadParametersAsync(kept, check.Layout, cancellationToken)).Values))
            {
                return (leaf.Check.Rejected(outcome.Client, "of what it keeps a number is infinite or none"), null);
            }

            return leaf.Input.NormLimit is { } limit && norm > limit
                ? (leaf.Check.Rejected(outcome.Client, OutOfLimit(norm, limit)), null)
                : (outcome with { UpdateNorm = norm }, update);
        }
        catch (Exception exception) when (exception is SafetensorsException || IsTheClients(leaf, exception))
        {
            await RethrowIfOverAsync(leaf, exception, cancellationToken);
            return (leaf.Check.Rejected(outcome.Client, exception.Message), null);
        }
    }

    private static bool IsTheClients(Leaf leaf, Exception exception) => exception is ArtifactCorruptException
        || (exception is ArtifactMissingException && (leaf.Input.Attempt > 1 || !leaf.Input.Phase.HasUpdates));

    /// <summary>A late duplicate finds nothing when the round's updates are deleted: that is nobody's failure, and nothing is to be written.</summary>
    private async Task RethrowIfOverAsync(Leaf leaf, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is not ArtifactMissingException)
            return;
        var result = ArtifactNames.Result(leaf.Federation, await store.CountRetriesAsync(leaf.Federation, cancellationToken));
        foreach (var end in (string[])[ArtifactNames.Record(leaf.Federation, leaf.Input.Round), result, ArtifactNames.Purged(leaf.Federation)])
        {
            if (await store.FindAsync(end, cancellationToken) is not null)
                ExceptionDispatchInfo.Throw(exception);
        }
    }

    private static string OutOfLimit(double norm, double limit) => FormattableString.Invariant(
        $"its distance from the global parameters is {norm:G4}, at most {limit:G4} is allowed since an average with it was of no use");

    private async Task<PartResult> WriteAsync(
        string id, AggregateLeafInput input, string name, List<ClientOutcome> clients, LeafSum? sum, CancellationToken cancellationToken)
    {
        var succeeded = clients.Count(client => client.Failure is null);
        var sumReference = sum is not null && succeeded > 0
            ? await store.PutAsync(
                ArtifactNames.PartialSum(id, input.Round, input.Attempt, input.Range), sum.ToSafetensors(), cancellationToken)
            : null;
        var manifest = new PartOutcomes(clients, sumReference, Figures: sumReference is null ? null : sum!.Figures);
        var reference = await store.PutJsonAsync(name, manifest, cancellationToken);
        return Outcomes.Summarize(reference, manifest);
    }

    /// <summary>A leaf, and what its clients' outcomes are held against.</summary>
    private sealed class Leaf(
        AggregateLeafInput input, IReadOnlyList<ClientPartition> selected, ResolvedSpec spec, Network network, IAggregation? aggregation,
        UpdateCheck? updateCheck, UpdateReader? reader)
    {
        public AggregateLeafInput Input => input;

        public string Federation => spec.Id;

        public IReadOnlyList<ClientPartition> Selected => selected;

        /// <summary>What is told of a client.</summary>
        public ClientOutcome Told(ClientOutcome outcome) => aggregation is { TellsNorms: false } ? outcome with { UpdateNorm = null } : outcome;

        /// <summary>What an update must pass; null where there are none.</summary>
        public UpdateCheck? UpdateCheck => updateCheck;

        /// <summary>Reads updates; null where there are none.</summary>
        public UpdateReader? Reader => reader;

        public bool NeedsRanges => aggregation is IBlockAggregation;

        public OutcomeCheck Check { get; } = new(spec, network, aggregation?.Plan, input.Round, input.Attempt, input.Phase);
    }
}
