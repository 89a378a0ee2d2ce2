using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;

namespace FlDurable.LanesEngine;

/// <summary>
/// The default engine: pure C# on the machine's vectors, one image a lane. The same task gives the same bits with 512-bit and with
/// 256-bit vectors, on every thread and in every process.
/// </summary>
public sealed class LanesTrainingEngine : ITrainingEngine
{
    private readonly LaneWidth? width;
    private readonly LaneBlocks blocks = new();

    /// <summary>The engine on the widest vectors that the machine has.</summary>
    public LanesTrainingEngine()
        : this(Machine.WidestLanes)
    {
    }

    internal LanesTrainingEngine(LaneWidth? width) => this.width = width;

    /// <inheritdoc/>
    public string Name => "lanes";

    /// <inheritdoc/>
    public bool TellsLogits => true;

    /// <inheritdoc/>
    public string? WhyNot(Network network)
    {
        if (width is null)
            return "the Lanes engine needs a processor with 256-bit vectors and fused multiply-add (x64 with AVX2 and FMA), and found none";
        return network.AllLayers.FirstOrDefault(layer => !Knows(layer)) is { } unknown ? UnknownLayer(unknown) : null;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The examples or the initial parameters are not the network's.</exception>
    public ITrainingSession StartTraining(TrainingTask task)
    {
        EngineInput.Check(this, task);
        var network = LaneNetwork.ForTraining(task.Network, task.Options, width!.Value, blocks, new DropoutNoise(task.Seed, task.Round, task.Client));
        network.SetParameters(task.Initial.Values);
        return new TrainingSession(task, network);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException"><see cref="WhyNot"/> has a reason.</exception>
    /// <exception cref="ArgumentException">The examples or the parameters are not the network's.</exception>
    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
        Evaluate(network, parameters, examples, logits: default, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException"><see cref="WhyNot"/> has a reason.</exception>
    /// <exception cref="ArgumentException">The examples or the parameters are not the network's.</exception>
    public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, Memory<float> logits, CancellationToken cancellationToken)
    {
        EngineInput.Check(this, network, parameters, examples);
        using var lanes = LaneNetwork.ForEvaluation(network, width!.Value, blocks);
        lanes.SetParameters(parameters.Values);
        return Evaluation.Run(lanes, examples, BatchSlice.Images, logits, cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException"><see cref="WhyNot"/> has a reason.</exception>
    /// <exception cref="ArgumentException">The examples or the parameters are not the network's.</exception>
    public IReadOnlyList<Metrics> EvaluateEach(
        Network network, ModelParameters parameters, IReadOnlyList<ImageExamples> sets, CancellationToken cancellationToken)
    {
        if (sets.Count == 0)
            return [];
        foreach (var examples in sets)
            EngineInput.Check(this, network, parameters, examples);
        using var lanes = LaneNetwork.ForEvaluation(network, width!.Value, blocks);
        lanes.SetParameters(parameters.Values);
        return new SetsTogether(lanes, sets).Evaluate(cancellationToken);
    }

    internal static string UnknownLayer(Layer layer) => $"the Lanes engine does not know the layer {(layer is ParametricLayer { Name: var name } ? $"{layer.Kind} {name}" : layer.Kind)}";

    private static bool Knows(Layer layer) =>
        layer is Conv2d or Linear or ReLU or MaxPool2d or AvgPool2d or GlobalAvgPool2d or GroupNorm or Dropout or Residual or Flatten;
}
