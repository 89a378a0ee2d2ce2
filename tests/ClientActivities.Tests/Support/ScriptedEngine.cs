using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;

namespace FlDurable.ClientActivities.Tests.Support;

/// <summary>An engine whose training adds a client's label to every parameter, or does what the test says.</summary>
internal sealed class ScriptedEngine : ITrainingEngine
{
    public string Name { get; init; } = "scripted";

    public long MostValuesOfABatch { get; set; } = long.MaxValue;

    public Func<TrainingTask, CancellationToken, Metrics> Train { get; set; } = (_, _) => new Metrics(1, 0.5);

    public Func<ImageExamples, Metrics> Judge { get; set; } = _ => new Metrics(2, 0.25);

    public List<int> Trained { get; } = [];

    public bool TellsLogits { get; init; }

    public string? WhyNot(Network network) => null;

    public ITrainingSession StartTraining(TrainingTask task)
    {
        Trained.Add(task.Client);
        return new Session(this, task);
    }

    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
        Judge(examples);

    /// <summary>The logits of an image are its label and 0.</summary>
    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, Memory<float> logits, CancellationToken cancellationToken)
    {
        for (var image = 0; image < examples.Count; image++)
            logits.Span[image * examples.Classes] = examples.Label(image);
        return Judge(examples);
    }

    private sealed class Session(ScriptedEngine engine, TrainingTask task) : ITrainingSession
    {
        private readonly ModelParameters parameters = task.Initial.Copy();

        public Metrics TrainEpoch(CancellationToken cancellationToken)
        {
            foreach (ref var value in parameters.Values)
                value += task.Examples.Label(0) + 1;
            return engine.Train(task, cancellationToken);
        }

        public ModelParameters GetParameters() => parameters.Copy();

        public void Dispose()
        {
        }
    }
}
