using System.Diagnostics;
using FlDurable.ClientActivities;
using FlDurable.LocalHost.Data;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Train;

/// <summary>
/// Training in one place, from the initial parameters and on the images that the federation of the same spec has, so that the two can be
/// compared.
/// </summary>
internal sealed class CentralTraining(FederationData data, NetworkRegistry networks, TrainingEngines engines)
{
    // The order of images is that in which a client has them in its first round.
    private const int Round = 1;

    /// <param name="spec">A checked spec; a schedule of its learning rate goes by epochs.</param>
    /// <param name="partition">Whose images.</param>
    /// <param name="progress">Told how far the loading of the data set is.</param>
    /// <param name="onEpoch">Told of every epoch.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <exception cref="TrainingDivergedException">The loss is not finite.</exception>
    /// <exception cref="InvalidSpecException">The learning rate changes, and the engine can't change it.</exception>
    public async Task<CentralTrainingResult> RunAsync(
        FederationSpec spec, PartitionChoice partition, IProgress<DatasetProgress> progress, Action<CentralEpoch> onEpoch,
        CancellationToken cancellationToken)
    {
        var manifest = await data.PrepareAsync(spec, progress, cancellationToken);
        var network = networks.Get(spec.Network).For(manifest.Shape, manifest.Classes.Count).Normalizing(spec.Normalization);
        var engine = engines.Get(engines.Resolve(spec.Engine, network, spec.LargestBatch()));
        var examples = await data.ReadAsync(manifest, partition, cancellationToken);
        var test = await data.ReadTestAsync(manifest, cancellationToken);
        var training = TrainingPlan.Of(spec, Round);
        var task = new TrainingTask(
            network, network.Initialize(spec.Seed), examples.Train, TrainingOptions.Of(training), spec.Seed, Round, partition.Index ?? 0);

        using var session = engine.StartTraining(task);
        var epochs = new List<CentralEpoch>(training.Epochs);
        for (var epoch = 1; epoch <= training.Epochs; epoch++)
        {
            var learningRate = spec.LearningRate.In(epoch);
            if (!spec.LearningRate.IsConstant && !session.TrySetLearningRate((float)learningRate))
                throw new InvalidSpecException([new SpecError("learningRate", $"expected one number with engine {engine.Name}, which can't change it between epochs")]);
            epochs.Add(Train(engine, session, network, examples.Validation, epoch, learningRate, cancellationToken));
            onEpoch(epochs[^1]);
        }

        var tested = Evaluate(engine, network, session.GetParameters(), test, training.Epochs, cancellationToken);
        return new CentralTrainingResult(
            network.Name, engine.Name, partition.ToString(), epochs, new CentralTest(tested.Loss, tested.Accuracy));
    }

    private static CentralEpoch Train(
        ITrainingEngine engine, ITrainingSession session, Network network, ImageExamples validation, int epoch, double learningRate,
        CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var fit = Finite(session.TrainEpoch(cancellationToken), epoch);
        var validated = validation.Count > 0
            ? Evaluate(engine, network, session.GetParameters(), validation, epoch, cancellationToken)
            : null;
        return new CentralEpoch(
            epoch, fit.Loss, fit.Accuracy, validated?.Loss, validated?.Accuracy, learningRate, Stopwatch.GetElapsedTime(started).TotalSeconds);
    }

    private static Metrics Evaluate(
        ITrainingEngine engine, Network network, ModelParameters parameters, ImageExamples examples, int epoch,
        CancellationToken cancellationToken) =>
        Finite(engine.Evaluate(network, parameters, examples, cancellationToken), epoch);

    private static Metrics Finite(Metrics metrics, int epoch) => metrics.AreFinite ? metrics : throw new TrainingDivergedException(epoch);
}

/// <summary>What central training came to.</summary>
/// <param name="Network">The network's name.</param>
/// <param name="Engine">The training engine's name.</param>
/// <param name="Partition">Whose images: a client's index, or <c>all</c>.</param>
/// <param name="Epochs">Every epoch.</param>
/// <param name="Test">The final parameters on the test set.</param>
internal sealed record CentralTrainingResult(
    string Network, string Engine, string Partition, IReadOnlyList<CentralEpoch> Epochs, CentralTest Test);

/// <summary>One epoch of central training; without validation images their figures are absent.</summary>
internal sealed record CentralEpoch(
    int Epoch, double FitLoss, double FitAccuracy, double? ValidationLoss, double? ValidationAccuracy, double LearningRate, double Seconds);

/// <summary>Parameters on the test set.</summary>
internal sealed record CentralTest(double Loss, double Accuracy);

/// <summary>Training has come to parameters whose loss is infinite or not a number.</summary>
internal sealed class TrainingDivergedException(int epoch)
    : Exception($"the training diverged: the loss is not finite in epoch {epoch}; a smaller learningRate may help");
