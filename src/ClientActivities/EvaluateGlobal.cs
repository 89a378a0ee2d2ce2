using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>
/// Judges the global parameters on the central test set, on several threads: a whole round waits for it. It is the server's work, but it
/// is here because the engines are.
/// </summary>
internal sealed class EvaluateGlobal(
    IArtifactStore store, RecentData data, NetworkRegistry networks, TrainingEngines engines, EvaluationThreads threads)
    : IActivity<EvaluateGlobalInput, Metrics>
{
    /// <summary>The test set is always cut like this, so that the bits of the mean do not depend on the number of threads.</summary>
    internal const int ImagesAPart = 1024;

    /// <exception cref="NotFiniteNumberException">The loss is not finite.</exception>
    public async Task<Metrics> RunAsync(EvaluateGlobalInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(input.Spec, cancellationToken);
        var dataset = await store.ReadJsonAsync<DatasetManifest>(input.Dataset, cancellationToken);
        var network = networks.Get(spec.Spec.Network);
        var global = await store.ReadParametersAsync(input.Global, network, cancellationToken);
        var examples = new ImageExamples(await data.ReadAsync(dataset.Test, cancellationToken), network.Input, network.Classes);
        var metrics = await EvaluateAsync(engines.Get(spec.Engine), network, global, examples, cancellationToken);
        return metrics.AreFinite
            ? metrics
            : throw new NotFiniteNumberException("the loss of the global parameters is not finite on the test set: the training has diverged");
    }

    private async Task<Metrics> EvaluateAsync(
        ITrainingEngine engine, Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken)
    {
        var parts = Enumerable.Range(0, examples.Count).Chunk(ImagesAPart).Select(part => examples.Slice(part[0], part.Length)).ToList();
        var metrics = await Task.WhenAll(parts.Select(part => threads.RunAsync(
            () => engine.Evaluate(network, parameters, part, cancellationToken), cancellationToken)));
        return Metrics.WeightedMean(metrics.Zip(parts, (measured, part) => (measured, (long)part.Count)))
            ?? throw new InvalidDataException("the test set has no images");
    }
}
