using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;

namespace FlDurable.ClientActivities;

/// <summary>
/// Judges parameters on a whole test set, on several threads. The set is always cut in the same way, so that the bits of the mean do not depend on
/// how many there are, and are those of the federation's records.
/// </summary>
/// <param name="threads">The threads.</param>
public sealed class CentralEvaluation(EvaluationThreads threads)
{
    internal const int ImagesAPart = 1024;

    /// <summary>The mean loss and the accuracy of parameters on a test set.</summary>
    /// <param name="engine">What evaluates.</param>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="examples">The test set.</param>
    /// <param name="logits">Takes what the network makes of each image, one after another; empty where nobody asks, as of an engine that does not tell.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <exception cref="InvalidDataException">The test set has no images.</exception>
    public async Task<Metrics> RunAsync(
        ITrainingEngine engine, Network network, ModelParameters parameters, ImageExamples examples, Memory<float> logits, CancellationToken cancellationToken)
    {
        var firsts = Enumerable.Range(0, examples.Count).Where(index => index % ImagesAPart == 0).ToList();
        var parts = firsts.Select(first => examples.Slice(first, Math.Min(ImagesAPart, examples.Count - first))).ToList();
        var metrics = await Task.WhenAll(firsts.Zip(parts, (first, part) => threads.RunAsync(() => Evaluate(first, part), cancellationToken)));
        return Metrics.WeightedMean(metrics.Zip(parts, (measured, part) => (measured, (long)part.Count)))
            ?? throw new InvalidDataException("the test set has no images");

        Metrics Evaluate(int first, ImageExamples part) => logits.IsEmpty
            ? engine.Evaluate(network, parameters, part, cancellationToken)
            : engine.Evaluate(network, parameters, part, logits.Slice(first * network.Classes, part.Count * network.Classes), cancellationToken);
    }
}
