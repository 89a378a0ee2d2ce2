using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Run;

/// <summary>An engine whose work is timed.</summary>
internal sealed class TimedEngine(ITrainingEngine engine, RunTimings timings) : ITrainingEngine
{
    public string Name => engine.Name;

    public PackageVersion Package => engine.Package;

    public long MostValuesOfABatch => engine.MostValuesOfABatch;

    public bool TellsLogits => engine.TellsLogits;

    public string? WhyNot(Network network) => engine.WhyNot(network);

    public ITrainingSession StartTraining(TrainingTask task)
    {
        var training = timings.Begin(RoundPhase.Fit);
        try
        {
            return new Session(engine.StartTraining(task), training);
        }
        catch
        {
            training.Dispose();
            throw;
        }
    }

    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken)
    {
        using var evaluation = timings.Begin(RoundPhase.Evaluate);
        return engine.Evaluate(network, parameters, examples, cancellationToken);
    }

    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, Memory<float> logits, CancellationToken cancellationToken)
    {
        using var evaluation = timings.Begin(RoundPhase.Evaluate);
        return engine.Evaluate(network, parameters, examples, logits, cancellationToken);
    }

    public IReadOnlyList<Metrics> EvaluateEach(
        Network network, ModelParameters parameters, IReadOnlyList<ImageExamples> sets, CancellationToken cancellationToken)
    {
        using var evaluation = timings.Begin(RoundPhase.Evaluate);
        return engine.EvaluateEach(network, parameters, sets, cancellationToken);
    }

    private sealed class Session(ITrainingSession session, IDisposable training) : ITrainingSession
    {
        public Metrics TrainEpoch(CancellationToken cancellationToken) => session.TrainEpoch(cancellationToken);

        public bool TrySetLearningRate(float learningRate) => session.TrySetLearningRate(learningRate);

        public ModelParameters GetParameters() => session.GetParameters();

        public void Dispose()
        {
            session.Dispose();
            training.Dispose();
        }
    }
}

/// <summary>Adds <see cref="TimedEngine"/>.</summary>
internal static class EngineTiming
{
    /// <summary>Times the engines that were added before, of which there is at least one.</summary>
    public static IServiceCollection TimeEngines(this IServiceCollection services, RunTimings timings) =>
        services.Decorate<ITrainingEngine>(engine => engine is AbsentEngine ? engine : new TimedEngine(engine, timings));
}
