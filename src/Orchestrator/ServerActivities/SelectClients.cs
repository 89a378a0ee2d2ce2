using FlDurable.Orchestrator.Selecting;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Privacy;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>
/// Chooses who takes part in a round, without replacement. A function of the seed, the round and, by speed, the records before it, so that a round that
/// is tried again asks the same clients.
/// </summary>
internal sealed class SelectClients(
    IArtifactStore store, RecentManifest manifests, NetworkRegistry networks, StrategyRegistry strategies, SelectionRegistry selections, SpecPackages packages)
    : IActivity<SelectClientsInput, SelectClientsResult>
{
    public async Task<SelectClientsResult> RunAsync(SelectClientsInput input, CancellationToken cancellationToken)
    {
        var resolved = await store.ReadSpecAsync(input.Spec, packages, cancellationToken);
        var spec = resolved.Spec;
        var recorded = new RecordedFederation(store, spec.Id!);
        var manifest = await manifests.ReadAsync(input.Dataset, cancellationToken);
        var clients = await store.ReadAllClientsAsync(manifest, cancellationToken);
        var needed = spec.NeededUpdates(clients.Count);
        var fit = spec.Privacy is { IsAtServer: true }
            ? await DrawAsync(spec, clients, input.Round, cancellationToken)
            : await ChooseAsync(recorded, spec, clients, Math.Min(spec.SelectedFor(needed), clients.Count), input.Round, cancellationToken);

        // A client without validation examples has nothing to evaluate on.
        var evaluable = ChosenClients.Where(clients, client => client.ValidationExamples > 0);
        var evaluate = Choose(
            new Uniform(), new SelectionRound(
                input.Round, spec.NeededEvaluations(evaluable.Count), evaluable, new RandomStream(spec.Seed, RandomPurpose.EvaluateSelection, input.Round), ClientSpeeds.None));

        // The parts of a recorded round's selection are deleted: nobody would delete them again.
        var plan = strategies.For(spec, input.Round).Plan;
        var deadline = DeadlineSeconds(spec, fit.Concat(evaluate));
        (int, int)? cohortSizes = spec.CohortSize == FederationSpec.AutoCohortSize ? FindCohortSizes(resolved, input.Round, fit, evaluate, deadline) : null;
        var selection = await recorded.IsRecordedAsync(input.Round, cancellationToken)
            && await store.FindAsync(ArtifactNames.Selection(spec.Id!, input.Round), cancellationToken) is { } written
                ? written
                : await PutAsync(recorded, spec, input.Round, fit, evaluate, plan, cohortSizes, cancellationToken);

        // Another build may have written it, and cohorts of the sizes that it says.
        var (cohortSize, evaluateCohortSize) = cohortSizes is null ? (null, null) : await ReadCohortSizesAsync(selection, cancellationToken);
        return new SelectClientsResult(
            selection, fit.Count, spec.Privacy is { IsAtServer: true } ? fit.Count : needed, evaluate.Count, deadline, cohortSize, evaluateCohortSize);
    }

    /// <summary>Where some clients are not waited for, nobody is to be late for another's sake.</summary>
    private (int Fit, int Evaluate) FindCohortSizes(
        ResolvedSpec spec, int round, IReadOnlyList<ClientPartition> fit, IReadOnlyList<ClientPartition> evaluate, double? deadlineSeconds) =>
        deadlineSeconds is not null || spec.Spec.OverSelection > 1 || spec.Spec.Sites().Count > 0
            ? (1, 1)
            : (CohortSizes.OfTraining(TrainingPlan.Of(spec.Spec, round), networks.Get(spec), fit), CohortSizes.OfEvaluation(networks.Get(spec), evaluate));

    private async Task<(int? Fit, int? Evaluate)> ReadCohortSizesAsync(ArtifactReference selection, CancellationToken cancellationToken)
    {
        var written = await store.ReadJsonAsync<Selection>(selection, cancellationToken);
        return (written.CohortSizeOf(RoundPhase.Fit), written.CohortSizeOf(RoundPhase.Evaluate));
    }

    /// <summary>Writes the selection, with what clients and server have kept of the rounds before where the plan needs it.</summary>
    private async Task<ArtifactReference> PutAsync(
        RecordedFederation recorded, FederationSpec spec, int round, IReadOnlyList<ClientPartition> fit, IReadOnlyList<ClientPartition> evaluate,
        ClientPlan? plan, (int Fit, int Evaluate)? cohortSizes, CancellationToken cancellationToken)
    {
        var id = spec.Id!;
        if (spec.Privacy is { IsAtServer: true, IsAdaptive: true })
        {
            var before = await recorded.FindRecordAsync(round - 1, cancellationToken) ?? throw LostRecord(id, round - 1);
            plan = (plan ?? new ClientPlan()) with { Clip = before.Privacy?.NextClip };
        }

        if (plan is { KeepsState: true })
        {
            var before = await recorded.FindRecordAsync(round - 1, cancellationToken) ?? throw LostRecord(id, round - 1);
            plan = plan with { StrategyState = await recorded.FindStrategyStateAsync(before, cancellationToken) };
            var states = (await recorded.FindClientStatesAsync(before, cancellationToken) ?? ClientStates.None).Clients
                .ToDictionary(kept => kept.Client, StringComparer.Ordinal);
            fit = [.. fit.Select(client => states.TryGetValue(client.Client, out var kept) ? client with { State = kept.In(id) } : client)];
        }

        return await store.PutSelectionAsync(id, round, fit, evaluate, plan, cohortSizes, cancellationToken);
    }

    private static ArtifactMissingException LostRecord(string id, int round) =>
        new(RecordedFederation.Lost(ArtifactNames.Record(id, round)), ArtifactNames.Record(id, round));

    /// <summary>
    /// This host's own clients end or fail, and what enters a round then never depends on how long they take. Whoever keeps its data itself
    /// may be gone for good.
    /// </summary>
    private static double? DeadlineSeconds(FederationSpec spec, IEnumerable<ClientPartition> selected) =>
        spec.DeadlineSeconds
        ?? (selected.Any(client => client.Data.Account is not null || client.Site is not null) ? FederationSpec.DeadlineSecondsElsewhere : null);

    /// <summary>
    /// Each client by itself, with the same chance (Poisson sampling), from the federation's key: a published seed would tell everybody who was
    /// drawn, and to be drawn or not is part of what hides a client. Nobody may be drawn, and that is a round too.
    /// </summary>
    private async Task<IReadOnlyList<ClientPartition>> DrawAsync(
        FederationSpec spec, IReadOnlyList<ClientPartition> clients, int round, CancellationToken cancellationToken)
    {
        using var stream = new SecretStream(await store.ReadPrivacyKeyAsync(spec.Id!, cancellationToken), SecretPurpose.Selection, round);
        return ChosenClients.Where(clients, _ => stream.NextDouble() < spec.FractionFit);
    }

    /// <summary>As the spec's selection has it. What it saw of clients' speeds is written first, so that the next round goes on from it.</summary>
    private async Task<IReadOnlyList<ClientPartition>> ChooseAsync(
        RecordedFederation recorded, FederationSpec spec, IReadOnlyList<ClientPartition> clients, int count, int round, CancellationToken cancellationToken)
    {
        var rule = selections.For(spec);
        var speeds = ClientSpeeds.None;
        if (rule.LooksAtSpeeds)
        {
            speeds = await store.FindJsonAsync<ClientSpeeds>(ArtifactNames.Speeds(spec.Id!, round - 1), cancellationToken) ?? speeds;
            if (round > 1)
            {
                var before = await recorded.FindRecordAsync(round - 1, cancellationToken) ?? throw LostRecord(spec.Id!, round - 1);
                speeds = speeds.After(before, await recorded.ReadClientsAsync(before, cancellationToken).ToListAsync(cancellationToken));
            }

            if (!await recorded.IsRecordedAsync(round, cancellationToken))
                await store.PutJsonAsync(ArtifactNames.Speeds(spec.Id!, round), speeds, cancellationToken);
        }

        return Choose(rule, new SelectionRound(round, count, clients, new RandomStream(spec.Seed, RandomPurpose.FitSelection, round), speeds));
    }

    /// <summary>The chosen clients, in the order of the data set.</summary>
    private static ChosenClients Choose(ISelectionRule rule, SelectionRound round) => new(round.Clients, [.. rule.Choose(round).Order()]);
}
