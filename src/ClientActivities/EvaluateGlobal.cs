using System.Buffers.Binary;
using FlDurable.Shared.Attacks;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Randomness;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.ClientActivities;

/// <summary>
/// Judges the global parameters on the central test set, on several threads: a whole round waits for it. It is the server's work, but it
/// is here because the engines are.
/// </summary>
internal sealed class EvaluateGlobal(
    IArtifactStore store, RecentManifest manifests, RecentData data, NetworkRegistry networks, TrainingEngines engines, MetricRegistry registry,
    CentralEvaluation evaluation, AttackRegistry attacks, SpecPackages packages)
    : IActivity<EvaluateGlobalInput, EvaluateGlobalResult>
{
    public async Task<EvaluateGlobalResult> RunAsync(EvaluateGlobalInput input, CancellationToken cancellationToken)
    {
        var spec = await store.ReadSpecAsync(input.Spec, packages, cancellationToken);
        var network = networks.Get(spec);
        var global = await ReadGlobalAsync(input.Global, network, cancellationToken);
        var examples = input.OnMadeUpImages ? MadeUp(network) : await ReadTestAsync(input.Dataset, network, cancellationToken);
        var metrics = await EvaluateAsync(
            engines.Get(spec.Engine), network, global, examples, input.OnMadeUpImages ? [] : registry.For(spec.Spec), cancellationToken);
        if (!input.OnMadeUpImages && attacks.Find(spec.Spec)?.Target(examples) is { } target)
            metrics = WithBackdoor(metrics, await EvaluateAsync(engines.Get(spec.Engine), network, global, target, measures: [], cancellationToken));
        if (!metrics.AreFinite)
            return new EvaluateGlobalResult(Metrics: null, $"the loss of the global parameters is not finite on {(input.OnMadeUpImages ? "made-up images" : "the test set")}");
        return input.OnMadeUpImages
            ? new EvaluateGlobalResult(Metrics: null, Doubtful: Divergence.FindOnMadeUpImages(metrics.Loss, network.Classes))
            : new EvaluateGlobalResult(metrics, Doubtful: Divergence.Find(metrics.Loss, network.Classes, "central"));
    }

    private static Metrics WithBackdoor(Metrics metrics, Metrics onTarget)
    {
        var additional = new Dictionary<string, double>(metrics.Additional ?? new Dictionary<string, double>(), StringComparer.Ordinal);
        additional[Metrics.BackdoorSuccess] = onTarget.Accuracy;
        return metrics with { Additional = additional };
    }

    /// <exception cref="WorkNotNeededException">They are those of a recorded round, which are deleted.</exception>
    private async Task<ModelParameters> ReadGlobalAsync(ArtifactReference global, Network network, CancellationToken cancellationToken)
    {
        try
        {
            return await store.ReadParametersAsync(global, network, cancellationToken);
        }
        catch (ArtifactMissingException) when (ArtifactNames.ParseGlobalParameters(global.Name) is not null)
        {
            var (id, round) = ArtifactNames.ParseGlobalParameters(global.Name)!.Value;
            await new RecordedFederation(store, id).ThrowIfRecordedAsync(round, cancellationToken);
            throw;
        }
    }

    private async Task<ImageExamples> ReadTestAsync(ArtifactReference manifest, Network network, CancellationToken cancellationToken)
    {
        var dataset = await manifests.ReadAsync(manifest, cancellationToken);
        return await data.ReadAsync(dataset.Test, network.Input, network.Classes, cancellationToken);
    }

    /// <summary>A black, a white, a striped and a noisy image: what is too large for them is so for others.</summary>
    private static ImageExamples MadeUp(Network network)
    {
        if (network.Input.IsTable)
            return MadeUpRows(network);
        var length = network.Input.RecordLength;
        var records = new byte[4 * length];
        records.AsSpan(length + 1, length - 1).Fill(byte.MaxValue);
        for (var pixel = 1; pixel < length; pixel += 2)
            records[(2 * length) + pixel] = byte.MaxValue;
        var noise = new RandomStream(seed: 0, RandomPurpose.MadeUpImages);
        foreach (ref var pixel in records.AsSpan((3 * length) + 1))
            pixel = (byte)noise.NextUInt32();
        return new ImageExamples(records, network.Input, network.Classes);
    }

    /// <summary>Likewise rows of a table: of means, one far from them on one side, one on both, and a noisy one.</summary>
    private static ImageExamples MadeUpRows(Network network)
    {
        const float far = 3;
        var length = network.Input.RecordLength;
        var records = new byte[4 * length];
        var noise = new RandomStream(seed: 0, RandomPurpose.MadeUpImages);
        for (var column = 0; column < network.Input.Length; column++)
        {
            Write(1, far);
            Write(2, column % 2 == 0 ? far : -far);
            Write(3, (float)((2 * noise.NextDouble() - 1) * far));

            void Write(int row, float number) => BinaryPrimitives.WriteSingleLittleEndian(records.AsSpan((row * length) + 1 + (column * sizeof(float))), number);
        }

        return new ImageExamples(records, network.Input, network.Classes);
    }

    private async Task<Metrics> EvaluateAsync(
        ITrainingEngine engine, Network network, ModelParameters parameters, ImageExamples examples, IReadOnlyList<IMetric> measures, CancellationToken cancellationToken)
    {
        var logits = measures.Count > 0 ? new float[examples.Count * network.Classes] : [];
        var mean = await evaluation.RunAsync(engine, network, parameters, examples, logits, cancellationToken);
        return measures.Count > 0 && mean.AreFinite ? mean with { Additional = MetricRegistry.Measure(measures, new Predictions(examples, logits)) } : mean;
    }
}
