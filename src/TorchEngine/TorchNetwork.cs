using System.Runtime.InteropServices;
using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Optimizers;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace FlDurable.TorchEngine;

/// <summary>
/// A network ready to compute in TorchSharp, with its parameters, their gradients and their optimizer. No operation here takes a scalar:
/// TorchSharp makes an object of it that the garbage collector may finalise while native code still reads it.
/// </summary>
internal sealed unsafe class TorchNetwork : IEngineNetwork
{
    private readonly Module<Tensor, Tensor> module;
    private readonly ImageBatch images;
    private readonly FlatTensor parameters;
    private readonly FlatTensor? gradients;
    private readonly LaneMemory memory = new();
    private readonly Optimizer? optimizer;
    private float[] logits = [];

    /// <summary>Takes a module over, and makes its parameters views of one flat tensor of zeros.</summary>
    /// <param name="network">The network.</param>
    /// <param name="module">Its module, which fits it and is where to compute.</param>
    /// <param name="device">Where that is.</param>
    /// <param name="batchSize">Images at a time, at most.</param>
    /// <param name="options">How it is trained; null when it is only evaluated.</param>
    public TorchNetwork(Network network, Module<Tensor, Tensor> module, Device device, int batchSize, TrainingOptions? options)
    {
        this.module = module;
        images = new ImageBatch(network, batchSize, device);
        parameters = new FlatTensor(network.Layout, device);
        if (options is not null)
        {
            gradients = new FlatTensor(network.Layout, device);
            optimizer = Optimizer.Create(memory, options, parameters.TrainedLength, TermMemory.Of(memory, Place(options.Term)));
        }

        try
        {
            module.train(options is not null);
            Bind(network);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Sets the parameters, given in the network's layout.</summary>
    public void SetParameters(ReadOnlySpan<float> values)
    {
        ThrowIfDisposed();
        parameters.CopyFrom(values);
        parameters.ToDevice();
    }

    /// <inheritdoc/>
    public float[] GetParameters()
    {
        ThrowIfDisposed();
        KeepStatistics();
        var values = parameters.ToLayout();
        GC.KeepAlive(this);
        return values;
    }

    /// <summary>A copy of the gradients of the last batch's mean loss, in the network's layout.</summary>
    /// <exception cref="InvalidOperationException">The network is not trained.</exception>
    public float[] GetGradients()
    {
        ThrowIfDisposed();
        var trained = gradients ?? throw new InvalidOperationException("a network for evaluation has no gradients");
        trained.ToHost();
        var values = trained.ToLayout();
        GC.KeepAlive(this);
        return values;
    }

    /// <inheritdoc/>
    public Score Compute(ImageExamples examples, ReadOnlySpan<int> batch)
    {
        ThrowIfDisposed();
        set_num_threads(1); // of this thread's own, which may be another at each batch
        using var scope = NewDisposeScope();
        using var recording = set_grad_enabled(gradients is not null);
        gradients?.Clear();
        var (input, labels) = images.Load(examples, batch);
        var output = module.call(input);
        var loss = functional.cross_entropy(output, labels);
        if (gradients is not null)
            loss.backward();
        logits = OnHost(output).ToArray();
        return new Score((double)OnHost(loss)[0] * batch.Length, CountCorrect(logits, examples, batch), batch.Length);
    }

    /// <inheritdoc/>
    public void CopyLogits(Span<float> to) => logits.CopyTo(to);

    /// <inheritdoc/>
    public void Step()
    {
        ThrowIfDisposed();
        if (gradients is null || optimizer is null)
            throw new InvalidOperationException("a network for evaluation takes no steps");
        gradients.ToHost();
        KeepStatistics();
        fixed (float* values = parameters.Values, slopes = gradients.Values)
            optimizer.Step(values, slopes, parameters.TrainedLength);
        parameters.ToDevice();
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public void SetLearningRate(float learningRate) =>
        (optimizer ?? throw new InvalidOperationException("a network for evaluation takes no steps")).LearningRate = learningRate;

    /// <inheritdoc/>
    public void Dispose()
    {
        memory.Dispose();
        module.Dispose();
        images.Dispose();
        parameters.Dispose();
        gradients?.Dispose();
    }

    /// <summary>The term in the order of the parameters that are trained, without a place for what is not.</summary>
    private GradientTerm? Place(GradientTerm? term) =>
        term is null ? null : term with { Start = parameters.TrainedOf(term.Start.Span), Offset = parameters.TrainedOf(term.Offset.Span) };

    private void Bind(Network network)
    {
        using var scope = NewDisposeScope();
        using var unrecorded = no_grad();
        var own = module.named_parameters().ToDictionary(named => named.name, named => named.parameter, StringComparer.Ordinal);
        var statistics = (module as LayeredModule)?.Statistics.ToDictionary(named => named.Name, named => named.Statistic, StringComparer.Ordinal) ?? [];
        foreach (var slot in network.Layout.Tensors)
        {
            if (!slot.IsTrained)
            {
                statistics[slot.Name].set_(parameters.View(slot));
                continue;
            }

            own[slot.Name].set_(parameters.View(slot));
            if (gradients is not null)
                own[slot.Name].grad = gradients.View(slot);
        }
    }

    /// <summary>Brings over what the module itself has changed, before the host's values are used or brought back.</summary>
    private void KeepStatistics()
    {
        if (parameters.HasStatistics)
            parameters.ToHost();
    }

    private static int CountCorrect(ReadOnlySpan<float> logits, ImageExamples examples, ReadOnlySpan<int> batch)
    {
        var classes = logits.Length / batch.Length;
        var correct = 0;
        for (var index = 0; index < batch.Length; index++)
        {
            if (TensorPrimitives.IndexOfMax(logits.Slice(index * classes, classes)) == examples.Label(batch[index]))
                correct++;
        }

        return correct;
    }

    private static ReadOnlySpan<float> OnHost(Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.detach().cpu().contiguous().bytes);

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(memory.IsDisposed, this);
}
