using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>Judges the global parameters on the central test set. It is the server's work, but it is here because the engines are.</summary>
internal sealed class EvaluateGlobal(IArtifactStore store, RecentData data, NetworkRegistry networks, TrainingEngines engines)
    : IActivity<EvaluateGlobalInput, Metrics>
{
    /// <exception cref="NotFiniteNumberException">The loss is not finite.</exception>
    public async Task<Metrics> RunAsync(EvaluateGlobalInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadJsonAsync<ResolvedSpec>(input.Spec, cancellationToken);
        var dataset = await store.ReadJsonAsync<DatasetManifest>(input.Dataset, cancellationToken);
        var network = networks.Get(spec.Spec.Network);
        var global = await store.ReadParametersAsync(input.Global, network, cancellationToken);
        var examples = new ImageExamples(await data.ReadAsync(dataset.Test, cancellationToken), network.Input, network.Classes);
        var engine = engines.Get(spec.Engine);
        var metrics = await TrainingThread.RunAsync(() => engine.Evaluate(network, global, examples, cancellationToken), cancellationToken);
        return metrics.AreFinite
            ? metrics
            : throw new NotFiniteNumberException("the loss of the global parameters is not finite on the test set: the training has diverged");
    }
}
