using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;

namespace FlDurable.ClientActivities;

/// <summary>What every engine expects of what it is given.</summary>
internal static class EngineInput
{
    /// <summary>Checks that an engine can compute a network with these parameters on these examples.</summary>
    /// <exception cref="NotSupportedException"><see cref="ITrainingEngine.WhyNot"/> has a reason.</exception>
    /// <exception cref="ArgumentException">The examples or the parameters are not the network's.</exception>
    public static void Check(ITrainingEngine engine, Network network, ModelParameters parameters, ImageExamples examples)
    {
        if (engine.WhyNot(network) is { } reason)
            throw new NotSupportedException(reason);
        if (!parameters.Layout.Equals(network.Layout))
            throw new ArgumentException($"the parameters are not laid out as network '{network.Name}' has them", nameof(parameters));
        if (examples.Count == 0)
            throw new ArgumentException("there are no examples", nameof(examples));
        if (examples.Shape != network.Input || examples.Classes > network.Classes)
        {
            throw new ArgumentException(
                $"the examples are {examples.Classes} classes of {examples.Shape}, network '{network.Name}' takes {network.Classes} of {network.Input}",
                nameof(examples));
        }
    }

    /// <inheritdoc cref="Check(ITrainingEngine, Network, ModelParameters, ImageExamples)"/>
    public static void Check(ITrainingEngine engine, TrainingTask task)
    {
        Check(engine, task.Network, task.Initial, task.Examples);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(task.Options.BatchSize, nameof(task));
        if (BatchStatistics.WhyNot(task.Network, BatchOrder.LargestBatch(task)) is { } reason)
            throw new NotSupportedException(reason);
    }
}
