using FlDurable.Shared.Contracts;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>
/// Trains each client of a cohort from the global parameters on its own examples, and writes its parameters as its update. A client
/// whose training diverges is a named failure.
/// </summary>
internal sealed class TrainClient(IArtifactStore store, RecentData data, CohortActivity cohort) : IActivity<CohortInput, CohortResult>
{
    public Task<CohortResult> RunAsync(CohortInput input, CancellationToken cancellationToken) =>
        cohort.RunAsync(input, RoundPhase.Fit, TrainAsync, cancellationToken);

    private async Task<ClientOutcome> TrainAsync(ClientWork work, CancellationToken cancellationToken)
    {
        var (examples, _) = await ClientData.ReadAsync(data, work, cancellationToken);
        var plan = work.Plan;
        var options = TrainingOptions.Of(work.Spec.Spec) with { Term = TermOf(work) };
        var task = new TrainingTask(work.Network, work.Global, examples, options, work.Spec.Spec.Seed, work.Round, work.Client.Index);
        if (BatchStatistics.WhyNot(task.Network, BatchOrder.LargestBatch(task)) is { } unfit)
            throw new ClientFailedException(unfit);
        var initialLoss = plan is { MeasuresInitialLoss: true }
            ? await TrainingThread.RunAsync(
                () => work.Engine.Evaluate(work.Network, work.Global, examples, cancellationToken).Loss, cancellationToken)
            : (double?)null;
        var (parameters, metrics) = await TrainingThread.RunAsync(
            () => Train(work.Engine, task, work.Spec.Spec.Epochs, cancellationToken), cancellationToken);
        if (new UpdateCheck(work.Global, work.Spec.Spec.MaxUpdateNorm).FindProblem(parameters, out _) is { } reason)
            throw new ClientFailedException($"its update can't be averaged: {reason}");
        var update = await store.PutAsync(
            ArtifactNames.Update(work.Spec.Id, work.Round, work.Attempt, work.Client.Client), Safetensors.Write(parameters), cancellationToken);
        return new ClientOutcome(work.Client.Client, examples.Count, Seconds: 0, metrics, update)
        {
            Steps = plan is { CountsSteps: true } ? work.Spec.Spec.Epochs * BatchOrder.CountOf(task) : null,
            InitialLoss = initialLoss,
        };
    }

    private static GradientTerm? TermOf(ClientWork work) => work.Plan is { Proximal: > 0 and var proximal }
        ? new GradientTerm((float)proximal, work.Global.Values.ToArray(), default)
        : null;

    private static (ModelParameters Parameters, Metrics Metrics) Train(
        ITrainingEngine engine, TrainingTask task, int epochs, CancellationToken cancellationToken)
    {
        using var session = engine.StartTraining(task);
        Metrics? metrics = null;
        for (var epoch = 1; epoch <= epochs; epoch++)
        {
            metrics = session.TrainEpoch(cancellationToken);
            if (!metrics.AreFinite)
                throw new ClientFailedException($"the training diverged: the loss is not finite in epoch {epoch}; a smaller learningRate may help");
        }

        return (session.GetParameters(), metrics!);
    }
}
