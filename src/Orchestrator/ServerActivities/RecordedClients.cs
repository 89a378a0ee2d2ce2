using System.Runtime.CompilerServices;
using FlDurable.Orchestrator.Aggregation;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.ServerActivities;

/// <summary>The clients of a round that is being recorded: in the record, or in parts of it where they are too many.</summary>
/// <param name="store">Where outcomes are, and parts are written.</param>
/// <param name="id">The federation's id.</param>
/// <param name="round">What is recorded.</param>
internal sealed class RecordedClients(IArtifactStore store, string id, RecordRoundInput round)
{
    private readonly List<RoundRecordPart> parts = [];
    private readonly List<ClientFailure> firstFailures = [];
    private readonly List<RoundParticipant> participants = [];
    private readonly List<ClientFailure> failures = [];
    private int together;

    /// <summary>The record with the round's clients.</summary>
    /// <param name="record">The record without them.</param>
    /// <param name="times">When they trained and evaluated.</param>
    /// <param name="scores">What they were chosen by to train, where it is known.</param>
    /// <param name="cancellationToken">Looked at between artifacts.</param>
    public async Task<RoundRecord> AddToAsync(
        RoundRecord record, RoundTimes times, IReadOnlyDictionary<string, double> scores, CancellationToken cancellationToken)
    {
        await foreach (var (fit, evaluation) in ReadAsync(cancellationToken))
        {
            if (together == RoundClients.MostTogether)
                await PutPartAsync(cancellationToken);
            together++;
            failures.AddRange(new[] { fit?.Failure, evaluation?.Failure }.OfType<ClientFailure>());
            if (Participant(fit, evaluation, times, scores) is { } participant)
                participants.Add(participant);
        }

        if (parts.Count == 0)
        {
            var all = InOrder();
            return record with { Participants = all.Participants, Failures = all.Failures };
        }

        await PutPartAsync(cancellationToken);
        return record with { Participants = [], Failures = firstFailures, Parts = parts };
    }

    /// <summary>Those that are together: first who trained, then who only evaluated; first the failures of training.</summary>
    private RoundClients InOrder() => new(
        [.. participants.OrderBy(client => client.Examples is null)], [.. failures.OrderBy(failure => failure.Activity != RoundPhase.Fit.Activity)]);

    private async Task PutPartAsync(CancellationToken cancellationToken)
    {
        var clients = InOrder();
        var seal = DocumentSeal.Of(clients);
        clients = clients with { Seal = seal };
        var name = ArtifactNames.RecordPart(id, round.Round, parts.Count, seal);
        var content = ContractJson.SerializeToUtf8(clients);
        var expected = ArtifactReference.Of(name, content);
        if (await store.PutAsync(expected, content, cancellationToken) != expected && (await store.FindJsonAsync<RoundClients>(name, cancellationToken))?.Seal != seal)
            throw new ArtifactCorruptException($"artifact '{name}' is damaged: it is not what its name says; delete it", name);
        parts.Add(new RoundRecordPart(seal, clients.Count()));
        firstFailures.AddRange(clients.Failures.Take(RoundRecord.MostFailuresBesideParts - firstFailures.Count));
        participants.Clear();
        failures.Clear();
        together = 0;
    }

    /// <summary>What became of each client that trained, evaluated, or was to, in the order of the data set.</summary>
    private async IAsyncEnumerable<(ClientOutcome? Fit, ClientOutcome? Evaluation)> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var trained = ReadPhaseAsync(RoundPhase.Fit, round.Fit, cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using var evaluated = ReadPhaseAsync(RoundPhase.Evaluate, round.Evaluate, cancellationToken).GetAsyncEnumerator(cancellationToken);
        var fit = await NextAsync(trained);
        var evaluation = await NextAsync(evaluated);
        while (fit is not null || evaluation is not null)
        {
            var index = Math.Min(fit?.Index ?? int.MaxValue, evaluation?.Index ?? int.MaxValue);
            var (isFit, isEvaluation) = (fit?.Index == index, evaluation?.Index == index);
            yield return (isFit ? fit!.Value.Outcome : null, isEvaluation ? evaluation!.Value.Outcome : null);
            if (isFit)
                fit = await NextAsync(trained);
            if (isEvaluation)
                evaluation = await NextAsync(evaluated);
        }

        static async Task<(int Index, ClientOutcome Outcome)?> NextAsync(IAsyncEnumerator<(int Index, ClientOutcome Outcome)> outcomes) =>
            await outcomes.MoveNextAsync() ? outcomes.Current : null;
    }

    /// <summary>The outcomes of one phase, each with its client's place in the data set.</summary>
    private async IAsyncEnumerable<(int Index, ClientOutcome Outcome)> ReadPhaseAsync(
        RoundPhase phase, ArtifactReference? manifest, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (manifest is null)
            yield break;
        var position = 0;
        await foreach (var outcome in store.ReadOutcomesAsync(manifest, cancellationToken))
        {
            yield return (outcome.Index ?? await FindIndexAsync(phase, position, cancellationToken), outcome);
            position++;
        }
    }

    /// <summary>The place in the data set of a client whose leaf another build has brought together: the selection names the clients in the order of the outcomes.</summary>
    private async Task<int> FindIndexAsync(RoundPhase phase, int position, CancellationToken cancellationToken)
    {
        var name = ArtifactNames.Selection(id, round.Round);
        var selection = await store.FindAsync(name, cancellationToken) ?? throw new ArtifactMissingException(RecordedFederation.Lost(name), name);
        return (await store.ReadSelectedAsync(selection, phase, new SelectionRange(position, 1), cancellationToken))[0].Index;
    }

    private static RoundParticipant? Participant(ClientOutcome? fit, ClientOutcome? evaluation, RoundTimes times, IReadOnlyDictionary<string, double> scores)
    {
        fit = fit is { Failure: null } ? fit : null;
        evaluation = evaluation is { Failure: null } ? evaluation : null;
        if ((fit ?? evaluation) is not { Client: var client })
            return null;
        return new RoundParticipant
        {
            Client = client,
            Examples = fit?.Examples,
            UpdateNorm = fit?.UpdateNorm,
            UpdateBytes = fit?.Update?.Length,
            FitLoss = fit?.Metrics?.Loss,
            FitAccuracy = fit?.Metrics?.Accuracy,
            EvaluateExamples = evaluation?.Examples,
            EvaluateLoss = evaluation?.Metrics?.Loss,
            EvaluateAccuracy = evaluation?.Metrics?.Accuracy,
            Additional = AdditionalMetrics.Together(fit?.Metrics, evaluation?.Metrics, central: null),
            SelectionScore = fit is not null && scores.TryGetValue(client, out var score) ? score : null,
            Seconds = (fit?.Seconds ?? 0) + (evaluation?.Seconds ?? 0),
            Trained = times.Of(fit),
            Evaluated = times.Of(evaluation),
        };
    }
}
