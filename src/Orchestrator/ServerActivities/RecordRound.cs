using FlDurable.Orchestrator.Aggregation;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>Writes what happened in a round, with every client by name.</summary>
internal sealed class RecordRound(IArtifactStore store) : IActivity<RecordRoundInput, RecordRoundResult>
{
    public async Task<RecordRoundResult> RunAsync(RecordRoundInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(input.Spec, cancellationToken);

        // Whoever comes again, late or by a history that was lost, takes what is there: the updates may be deleted already.
        var name = ArtifactNames.Record(spec.Id, input.Round);
        if (await store.FindJsonAsync<RoundRecord>(name, cancellationToken) is { } there && await store.FindAsync(name, cancellationToken) is { } written)
        {
            var metrics = there.ToMetrics();
            return new RecordRoundResult(written, metrics.Fit, metrics.Evaluate);
        }

        var trained = await ReadOutcomesAsync(input.Fit, cancellationToken);
        var evaluated = await ReadOutcomesAsync(input.Evaluate, cancellationToken);
        var fit = WeightedMean(trained);
        var evaluate = WeightedMean(evaluated);
        var record = new RoundRecord
        {
            Round = input.Round,
            FitLoss = fit?.Loss,
            FitAccuracy = fit?.Accuracy,
            EvaluateLoss = evaluate?.Loss,
            EvaluateAccuracy = evaluate?.Accuracy,
            CentralLoss = input.Central?.Loss,
            CentralAccuracy = input.Central?.Accuracy,
            Additional = AdditionalMetrics(fit, evaluate),
            Seconds = input.Seconds,
            ParametersSha256 = input.Global.Sha256,
            Engine = spec.Engine,
            DatasetDigest = spec.Dataset.Digest,
            Participants = Participants(trained, evaluated),
            Failures = [.. trained.Concat(evaluated).Where(outcome => outcome.Failure is not null).Select(outcome => outcome.Failure!)],
        };
        record = record with { Seal = DocumentSeal.Of(record) };
        var reference = await store.PutJsonAsync(name, record, cancellationToken);
        return new RecordRoundResult(reference, fit, evaluate);
    }

    /// <summary>Every client's outcome without the reference to its update, which is most of it and which nobody needs any more.</summary>
    private async Task<IReadOnlyList<ClientOutcome>> ReadOutcomesAsync(ArtifactReference? manifest, CancellationToken cancellationToken)
    {
        var outcomes = new List<ClientOutcome>();
        if (manifest is null)
            return outcomes;
        await foreach (var outcome in store.ReadOutcomesAsync(manifest, cancellationToken))
            outcomes.Add(outcome with { Update = null });
        return outcomes;
    }

    private static Metrics? WeightedMean(IEnumerable<ClientOutcome> outcomes) =>
        Metrics.WeightedMean(outcomes.Where(outcome => outcome.Metrics is not null).Select(outcome => (outcome.Metrics!, outcome.Examples)));

    private static List<RoundParticipant> Participants(IReadOnlyList<ClientOutcome> trained, IReadOnlyList<ClientOutcome> evaluated)
    {
        var fits = trained.Where(outcome => outcome.Failure is null).ToDictionary(outcome => outcome.Client, StringComparer.Ordinal);
        var evaluations = evaluated.Where(outcome => outcome.Failure is null).ToDictionary(outcome => outcome.Client, StringComparer.Ordinal);
        return [.. fits.Keys.Union(evaluations.Keys, StringComparer.Ordinal).Select(client => Participant(
            client, fits.GetValueOrDefault(client), evaluations.GetValueOrDefault(client)))];
    }

    private static RoundParticipant Participant(string client, ClientOutcome? fit, ClientOutcome? evaluation) => new()
    {
        Client = client,
        Examples = fit?.Examples,
        FitLoss = fit?.Metrics?.Loss,
        FitAccuracy = fit?.Metrics?.Accuracy,
        EvaluateExamples = evaluation?.Examples,
        EvaluateLoss = evaluation?.Metrics?.Loss,
        EvaluateAccuracy = evaluation?.Metrics?.Accuracy,
        Additional = AdditionalMetrics(fit?.Metrics, evaluation?.Metrics),
        Seconds = (fit?.Seconds ?? 0) + (evaluation?.Seconds ?? 0),
    };

    private static Dictionary<string, double>? AdditionalMetrics(Metrics? fit, Metrics? evaluate)
    {
        var all = Prefixed("fit", fit).Concat(Prefixed("evaluate", evaluate)).ToDictionary(StringComparer.Ordinal);
        return all.Count == 0 ? null : all;

        static IEnumerable<KeyValuePair<string, double>> Prefixed(string phase, Metrics? metrics) =>
            (metrics?.Additional ?? new Dictionary<string, double>()).Select(metric => KeyValuePair.Create($"{phase}.{metric.Key}", metric.Value));
    }
}
