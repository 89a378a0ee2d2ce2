using FlDurable.Orchestrator.Selecting;
using FlDurable.Orchestrator.Strategies;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>Gives the round's global parameters their final name and writes what happened in it, with every client by name.</summary>
internal sealed class RecordRound(IArtifactStore store, NetworkRegistry networks, StrategyRegistry strategies)
    : IActivity<RecordRoundInput, RecordRoundResult>
{
    public async Task<RecordRoundResult> RunAsync(RecordRoundInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(input.Spec, cancellationToken);

        // Whoever comes again, late or by a history that was lost, takes what is there: the updates may be deleted already.
        var name = ArtifactNames.Record(spec.Id, input.Round);
        if (await store.FindJsonAsync<RoundRecord>(name, cancellationToken) is { } there)
        {
            var metrics = there.ToMetrics();
            var parameters = input.Global with { Name = ArtifactNames.GlobalParameters(spec.Id, input.Round), Sha256 = there.ParametersSha256 };
            var kept = there.StrategyStateSha256 is { } sha256 && (input.StrategyState ?? spec.InitialState) is { } state
                ? state with { Name = ArtifactNames.StrategyState(spec.Id, input.Round), Sha256 = sha256 }
                : null;
            return new RecordRoundResult(parameters, metrics.Fit, metrics.Evaluate, there.Events, kept, there.Best, there.Stopped);
        }

        var trained = await PhaseSummary.ReadAsync(store, input.Fit, cancellationToken);
        var evaluated = await PhaseSummary.ReadAsync(store, input.Evaluate, cancellationToken);
        var (fit, evaluate) = (trained.Mean, evaluated.Mean);
        string?[] cautions =
        [
            Caution(spec.Spec, input.Round, trained.Clients - trained.Failed),
            await CautionOfDataAsync(spec, input.Round, cancellationToken),
            .. input.Round == 0 ? Cautions.OfPrivacy(spec, networks.Get(spec)) : [],
        ];
        var measured = new RoundMetrics(fit, evaluate, input.Central);
        var best = BestRounds.With(spec.Spec, input.Round, measured, input.BestBefore);
        var stopped = BestRounds.WhyStop(spec.Spec, input.Round, measured, best) ?? PrivacyRecord.WhyStop(spec, input.Round);
        var past = input.Retries is null ? [] : (await store.ReadPastFailuresAsync(spec.Id, cancellationToken)).Where(failure => failure.Round == input.Round);
        var events = RoundEvents.Of(spec.Spec, networks.Get(spec).Classes, input, measured, evaluated, cautions, stopped, past);

        // The first writer wins. Only one attempt at a round comes to be recorded, so whatever else lies there is not what it was judged by.
        var strategyState = await PutStrategyStateAsync(spec, input, cancellationToken);
        var privacy = await new PrivacyRecord(store, networks, strategies).OfAsync(spec, input, cancellationToken);
        var clientStates = strategies.For(spec.Spec, input.Round).Plan is { KeepsState: true }
            ? await new KeptStates(store, spec).PromoteAsync(input.Round, trained.States, cancellationToken)
            : null;
        var global = await PutAsync(
            input.Global, ArtifactNames.GlobalParameters(spec.Id, input.Round), $"the parameters of round {input.Round} have", cancellationToken);
        var record = new RoundRecord
        {
            Round = input.Round,
            FitLoss = fit?.Loss,
            FitAccuracy = fit?.Accuracy,
            EvaluateLoss = evaluate?.Loss,
            EvaluateAccuracy = evaluate?.Accuracy,
            CentralLoss = input.Central?.Loss,
            CentralAccuracy = input.Central?.Accuracy,
            Additional = AdditionalMetrics.Together(fit, evaluate, input.Central),
            AdditionalRanges = Ranges(("fit", fit, trained), ("evaluate", evaluate, evaluated)),
            Seconds = input.Seconds,
            ParametersSha256 = global.Sha256,
            ParametersBytes = global.Length,
            StrategyStateSha256 = strategyState?.Sha256,
            ClientStatesSha256 = clientStates?.Sha256,
            Privacy = privacy,
            Plan = input.Round == 0 ? null : TrainingPlan.Of(spec.Spec, input.Round),
            Best = best,
            Stopped = stopped,
            Engine = spec.Engine,
            DatasetDigest = (spec.Dataset ?? throw RecordedFederation.LostDataset(spec.Id)).Digest,
            Participants = [],
            Failures = [],
            Events = events.Count == 0 ? null : events,
        };
        record = await new RecordedClients(store, spec.Id, input).AddToAsync(
            record, new RoundTimes(input.Seconds, trained, evaluated), await ScoresAsync(spec, input.Round, cancellationToken), cancellationToken);
        record = record with { Seal = DocumentSeal.Of(record) };
        await store.PutJsonAsync(name, record, cancellationToken);
        return new RecordRoundResult(global, fit, evaluate, record.Events, strategyState, best, stopped);
    }

    /// <summary>What the strategy warns of: once of what is asked of it, and then where clients are missing to what it was asked for.</summary>
    private string? Caution(FederationSpec spec, int round, int updates)
    {
        var aggregation = strategies.For(spec, round);
        var planned = aggregation.Caution(spec.NeededUpdates(spec.Clients));
        return round == 0 ? planned : planned is null && updates > 0 ? aggregation.Caution(updates) : null;
    }

    /// <summary>What the division of the data leaves out, said once.</summary>
    private async Task<string?> CautionOfDataAsync(ResolvedSpec spec, int round, CancellationToken cancellationToken)
    {
        if (round > 0 || spec.Dataset is not { } dataset)
            return null;
        if (await store.FindAsync(ArtifactNames.DatasetManifest(dataset.Digest), cancellationToken) is not { } reference)
            return null;

        // Not held against its seal: whoever keeps a client's data in an account of its own writes that into the manifest.
        var manifest = await store.ReadJsonAsync<DatasetManifest>(reference, cancellationToken);
        return manifest is { ClassesOfNobody: { } names } ? ClassesOfNobody.Describe(names, manifest.Classes.Count) : null;
    }

    /// <summary>What the strategy keeps: of this round, or of the round that a branch starts from.</summary>
    private async Task<ArtifactReference?> PutStrategyStateAsync(ResolvedSpec spec, RecordRoundInput input, CancellationToken cancellationToken) =>
        input.StrategyState is { } candidate
            ? await PutAsync(
                candidate, ArtifactNames.StrategyState(spec.Id, input.Round), $"what the strategy keeps of round {input.Round} has", cancellationToken)
            : input.Round == 0 ? spec.InitialState : null;

    /// <summary>Gives what is recorded its final name.</summary>
    private async Task<ArtifactReference> PutAsync(ArtifactReference candidate, string name, string expected, CancellationToken cancellationToken)
    {
        var there = await store.FindAsync(name, cancellationToken)
            ?? await store.PutAsync(name, await store.ReadAsync(candidate, cancellationToken), cancellationToken);
        return there.Sha256 == candidate.Sha256
            ? there
            : throw new ArtifactCorruptException(
                $"artifact '{name}' is damaged: it has SHA-256 {there.Sha256}, {expected} {candidate.Sha256}; delete it", name);
    }

    /// <summary>What clients were chosen by, where the round's selection looked at speed.</summary>
    private async Task<IReadOnlyDictionary<string, double>> ScoresAsync(ResolvedSpec spec, int round, CancellationToken cancellationToken)
    {
        var speeds = spec.Spec.Selection.Name == FederationSpec.UsualSelection
            ? null
            : await store.FindJsonAsync<ClientSpeeds>(ArtifactNames.Speeds(spec.Id, round), cancellationToken);
        return (speeds ?? ClientSpeeds.None).Clients.Where(speed => speed.Score is not null)
            .ToDictionary(speed => speed.Client, speed => speed.Score!.Value, StringComparer.Ordinal);
    }

    private static Dictionary<string, MetricRange>? Ranges(params IEnumerable<(string Phase, Metrics? Mean, PhaseSummary Clients)> phases)
    {
        var ranges = phases
            .SelectMany(phase => (phase.Mean?.Additional?.Keys ?? []).Select(name => KeyValuePair.Create($"{phase.Phase}.{name}", phase.Clients.Ranges[name])))
            .ToDictionary(StringComparer.Ordinal);
        return ranges.Count == 0 ? null : ranges;
    }
}
