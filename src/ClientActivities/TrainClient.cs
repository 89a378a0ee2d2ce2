using System.Buffers;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Json;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Privacy;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>
/// Trains each client of a cohort from the global parameters on its own examples, and writes its parameters as its update. A client
/// whose training diverges is a named failure.
/// </summary>
internal sealed class TrainClient(IArtifactStore store, RecentData data, CohortActivity cohort, AttackRegistry attacks, ClientMetricRegistry clientMetrics, BatchCount count,
    WorkThreads threads)
    : IActivity<CohortInput, PartResult>
{
    public Task<PartResult> RunAsync(CohortInput input, CancellationToken cancellationToken) =>
        cohort.RunAsync(input, RoundPhase.Fit, TrainAsync, cancellationToken);

    private async Task<Task<ClientOutcome>> TrainAsync(ClientWork work, CancellationToken cancellationToken)
    {
        var (own, _) = await ClientData.ReadAsync(data, work, cancellationToken);
        var examples = Poisoned(work, own);
        var plan = work.Plan;
        var control = plan is { CorrectsDrift: true } ? await ClientControl.ReadAsync(store, work, cancellationToken) : null;
        var training = TrainingPlan.Of(work.Spec.Spec, work.Round);
        var options = TrainingOptions.Of(training) with { Term = TermOf(work, control) };
        var task = new TrainingTask(work.Network, work.Global, examples, options, work.Spec.Spec.Seed, work.Round, work.Client.Index) { Count = count };
        if (BatchStatistics.WhyNot(task.Network, BatchOrder.LargestBatch(task)) is { } unfit)
            throw new ClientFailedException(unfit);
        var initialLoss = plan is { MeasuresInitialLoss: true }
            ? await threads.RunAsync(
                () => work.Engine.Evaluate(work.Network, work.Global, examples, cancellationToken).Loss, cancellationToken)
            : (double?)null;
        var (parameters, metrics) = await threads.RunAsync(
            () => Train(work.Engine, task, training.Epochs, clientMetrics, cancellationToken), cancellationToken);
        if (new UpdateCheck(work.Global, work.Spec.Spec.MaxUpdateNorm).FindProblem(parameters, out var norm) is { } reason)
            throw new ClientFailedException($"its update can't be averaged: {reason}");
        parameters = await HideAsync(work, parameters, norm, cancellationToken);
        var steps = (int)LocalSteps.Count(training.Epochs, options.BatchSize, work.Network, examples.Count);
        var outcome = new ClientOutcome(work.Client.Client, examples.Count, Seconds: 0, metrics)
        {
            Steps = plan is { CountsSteps: true } ? steps : null,
            InitialLoss = initialLoss,
        };

        // Not on this thread, which may be the one that goes on with the next client; nor on one of the pool's, of which a slow disk would hold up all.
        return threads.BeginAsync(() => StoreAsync(work, outcome, parameters, control, steps, options, cancellationToken));
    }

    private async Task<ClientOutcome> StoreAsync(
        ClientWork work, ClientOutcome outcome, ModelParameters parameters, ClientControl? control, int steps, TrainingOptions options,
        CancellationToken cancellationToken)
    {
        var update = await PutUpdateAsync(work, parameters, cancellationToken);
        return outcome with
        {
            Update = update,
            State = control is null ? null : await KeepAsync(work, control, update, steps, options, cancellationToken),
        };
    }

    /// <summary>Writes an update, in memory that is used again: the collector would be busy with one for each client.</summary>
    private async Task<ArtifactReference> PutUpdateAsync(ClientWork work, ModelParameters parameters, CancellationToken cancellationToken)
    {
        var file = ArrayPool<byte>.Shared.Rent(Safetensors.MaxLength<float>(parameters.Layout));
        var length = Safetensors.Write(parameters, file);
        var update = await store.PutAsync(
            ArtifactNames.Update(work.Spec.Id, work.Round, work.Attempt, work.Client.Client), file.AsMemory(0, length), cancellationToken);
        ArrayPool<byte>.Shared.Return(file); // not where writing was cut off: a request that is called off may still read it
        return update;
    }

    /// <summary>
    /// Writes what the client keeps, made of the update that is there: where the client was trained twice, by an engine whose bits differ, both
    /// are of one training.
    /// </summary>
    private async Task<ArtifactReference> KeepAsync(
        ClientWork work, ClientControl control, ArtifactReference update, int steps, TrainingOptions options, CancellationToken cancellationToken)
    {
        var kept = control.After(await store.ReadParametersAsync(update, work.Network, cancellationToken), steps, options);
        if (!TensorPrimitives.IsFiniteAll<float>(kept.Values))
            throw new ClientFailedException("the training diverged: what it keeps of its gradients is not finite; a smaller learningRate may help");
        return await store.PutAsync(
            ArtifactNames.UpdateState(work.Spec.Id, work.Round, work.Attempt, work.Client.Client), Safetensors.Write(kept), cancellationToken);
    }

    /// <summary>What leaves the client, where the spec has clients keep their privacy themselves.</summary>
    private async Task<ModelParameters> HideAsync(ClientWork work, ModelParameters trained, double norm, CancellationToken cancellationToken)
    {
        if (work.Spec.Spec.Privacy is not { IsAtServer: false } privacy)
            return trained;
        using var noise = new SecretStream(
            KeyOf(work, await store.ReadPrivacyKeyAsync(work.Spec.Id, cancellationToken)), SecretPurpose.ClientNoise, work.Round, work.Client.Index);
        return ClientPrivacy.Hide(work.Global, trained, norm, privacy, noise);
    }

    /// <summary>
    /// The same work has the same noise, however often it is done, and so tells no more; other work of the same round, of which one update less the other would be free of
    /// noise, has other noise.
    /// </summary>
    private static byte[] KeyOf(ClientWork work, byte[] key) => HMACSHA256.HashData(key, (byte[])[
        .. SHA256.HashData(Safetensors.Write(work.Global)), .. SHA256.HashData(ContractJson.SerializeToUtf8(work.Spec with { Seal = null })),
        .. SHA256.HashData(ContractJson.SerializeToUtf8(work.Plan)),
    ]);

    /// <summary>What the client trains on: if it is hostile, what the attack makes of its images.</summary>
    private ImageExamples Poisoned(ClientWork work, ImageExamples own)
    {
        var spec = work.Spec.Spec;
        return attacks.Find(spec) is { } attack && HostileClients.Of(spec).Contains(work.Client.Index)
            ? attack.Poison(own, new RandomStream(spec.Seed, RandomPurpose.Poisoning, round: 0, work.Client.Index))
            : own;
    }

    private static GradientTerm? TermOf(ClientWork work, ClientControl? control)
    {
        var proximal = work.Plan?.Proximal ?? 0;
        return proximal > 0 || control is not null
            ? new GradientTerm((float)proximal, work.Global.Values.ToArray(), control?.Offset() ?? [])
            : null;
    }

    private static (ModelParameters Parameters, Metrics Metrics) Train(
        ITrainingEngine engine, TrainingTask task, int epochs, ClientMetricRegistry clientMetrics, CancellationToken cancellationToken)
    {
        using var session = engine.StartTraining(task);
        Metrics? metrics = null;
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            metrics = session.TrainEpoch(cancellationToken);
            if (!double.IsFinite(metrics.Loss))
                throw new ClientFailedException($"the training diverged: the loss is not finite in epoch {epoch}; a smaller learningRate may help");
        }

        var trained = session.GetParameters();
        return (trained, clientMetrics.Measure(new ClientTraining(task, trained, metrics!)));
    }
}
