using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;

namespace FlDurable.ClientActivities;

/// <summary>
/// Stands for a training engine that a host could have and has not, so that whoever asks for it reads how to get it. Where an engine of the
/// same name is added, that one is taken.
/// </summary>
/// <param name="name">The engine's name.</param>
/// <param name="reason">Why it is not there, and what to do.</param>
public sealed class AbsentEngine(string name, string reason) : ITrainingEngine
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string WhyNot(Network network) => reason;

    /// <inheritdoc/>
    public ITrainingSession StartTraining(TrainingTask task) => throw new NotSupportedException(reason);

    /// <inheritdoc/>
    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
        throw new NotSupportedException(reason);
}
