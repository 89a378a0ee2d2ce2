using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.TorchEngine.Native;
using TorchSharp;

namespace FlDurable.TorchEngine;

/// <summary>
/// TorchSharp: the same networks with the same maths as the Lanes engine, and any module that a user writes; on a CPU or on CUDA. Its
/// bits depend on libtorch and the machine.
/// </summary>
public sealed class TorchTrainingEngine : ITrainingEngine, IDeviceMemory
{
    private const int EvaluatedAtOnce = 128;

    private readonly TorchModules modules;
    private readonly Lazy<TorchDevice> device;

    /// <summary>The engine on the device that FLDURABLE_TORCH_DEVICE names: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>; else on CUDA where it is.</summary>
    /// <param name="modules">Users' own modules, at most one for a network.</param>
    public TorchTrainingEngine(IEnumerable<TorchModule> modules)
        : this(modules, Environment.GetEnvironmentVariable(TorchDevice.Variable))
    {
    }

    internal TorchTrainingEngine(IEnumerable<TorchModule> modules, string? deviceName)
    {
        this.modules = new TorchModules(modules);
        device = new Lazy<TorchDevice>(() => TorchDevice.Find(deviceName));
    }

    /// <inheritdoc/>
    public string Name => "torch";

    /// <summary>A batch is not cut into slices here: 8 GiB, and as much for gradients.</summary>
    public long MostValuesOfABatch => 1L << 31;

    /// <inheritdoc/>
    public bool TellsLogits => true;

    /// <inheritdoc/>
    public string? WhyNot(Network network) => TorchLibrary.Problem ?? device.Value.Problem ?? modules.WhyNot(network);

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The examples or the initial parameters are not the network's.</exception>
    public ITrainingSession StartTraining(TrainingTask task)
    {
        EngineInput.Check(this, task);
        var network = CreateNetwork(task.Network, BatchOrder.LargestBatch(task), task.Options,
            new DropoutNoise(task.Seed, task.Round, task.Client));
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
        using var torchNetwork = CreateNetwork(network, Math.Min(EvaluatedAtOnce, examples.Count), options: null);
        torchNetwork.SetParameters(parameters.Values);
        return Evaluation.Run(torchNetwork, examples, EvaluatedAtOnce, logits, cancellationToken);
    }

    /// <inheritdoc/>
    public long? FindUsedBytes() =>
        device is { IsValueCreated: true, Value.Device: { type: DeviceType.CUDA, index: var index } } ? CudaMemory.FindUsedBytes(Math.Max(index, 0)) : null;

    internal TorchNetwork CreateNetwork(Network network, int batchSize, TrainingOptions? options, DropoutNoise? noise = null) =>
        new(network, modules.Create(network, device.Value.Device, noise ?? new DropoutNoise(seed: 0, round: 0, client: 0)), device.Value.Device, batchSize, options);
}
