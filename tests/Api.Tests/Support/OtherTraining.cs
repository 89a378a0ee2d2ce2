using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;

namespace FlDurable.Api.Tests.Support;

/// <summary>An engine with which a client's training begins as a test says.</summary>
/// <param name="engine">What does all else.</param>
/// <param name="start">Begins a training.</param>
internal sealed class OtherTraining(ITrainingEngine engine, Func<TrainingTask, ITrainingSession> start) : ITrainingEngine
{
    public string Name => engine.Name;

    public string? WhyNot(Network network) => engine.WhyNot(network);

    public ITrainingSession StartTraining(TrainingTask task) => start(task);

    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
        engine.Evaluate(network, parameters, examples, cancellationToken);
}
