using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;

namespace FlDurable.Bench.Federations;

/// <summary>A trainer that gives back the parameters that it got: what is left of a round is the federation itself.</summary>
internal sealed class NoOpEngine : ITrainingEngine
{
    private static readonly Metrics Measured = new(Loss: 1, Accuracy: 0.5);

    public string Name => "no-op";

    public string? WhyNot(Network network) => null;

    public ITrainingSession StartTraining(TrainingTask task) => new Session(task.Initial);

    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) => Measured;

    private sealed class Session(ModelParameters initial) : ITrainingSession
    {
        public Metrics TrainEpoch(CancellationToken cancellationToken) => Measured;

        public ModelParameters GetParameters() => initial.Copy();

        public void Dispose()
        {
        }
    }
}
