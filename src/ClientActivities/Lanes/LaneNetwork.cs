using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.ClientActivities.Lanes;

/// <summary>A network ready to compute on lanes, with its parameters, their gradients and their optimizer.</summary>
internal abstract unsafe class LaneNetwork : IDisposable
{
    private readonly LaneMemory memory;
    private readonly nint length;
    private readonly float* parameters;
    private readonly float* gradients;

    private protected LaneNetwork(Network network, LaneMemory memory, bool isTrained)
    {
        this.memory = memory;
        length = network.Layout.Length;
        parameters = memory.Allocate(length);
        gradients = isTrained ? memory.Allocate(length) : null;
    }

    /// <summary>The parameters, in the layout's order.</summary>
    public Span<float> Parameters
    {
        get
        {
            ObjectDisposedException.ThrowIf(memory.IsDisposed, this);
            return new(parameters, (int)length);
        }
    }

    /// <summary>The gradients of the last batch's mean loss, in the layout's order.</summary>
    public Span<float> Gradients
    {
        get
        {
            ObjectDisposedException.ThrowIf(memory.IsDisposed, this);
            return new(gradients, gradients == null ? 0 : (int)length);
        }
    }

    /// <summary>Prepares a network for training.</summary>
    public static LaneNetwork ForTraining(Network network, TrainingOptions options, LaneWidth width) => width == LaneWidth.Bits512
        ? new StagedNetwork<Lanes16>(network, options)
        : new StagedNetwork<Lanes8>(network, options);

    /// <summary>Prepares a network for evaluation: it has no gradients and takes no steps.</summary>
    public static LaneNetwork ForEvaluation(Network network, LaneWidth width) => width == LaneWidth.Bits512
        ? new StagedNetwork<Lanes16>(network, options: null)
        : new StagedNetwork<Lanes8>(network, options: null);

    /// <summary>Scores a batch; in training also computes <see cref="Gradients"/>.</summary>
    public Score Compute(ImageExamples examples, ReadOnlySpan<int> batch)
    {
        Gradients.Clear();
        var score = default(Score);
        for (var first = 0; first < batch.Length; first += BatchSlice.Images)
        {
            var slice = new BatchSlice(examples, batch.Slice(first, Math.Min(BatchSlice.Images, batch.Length - first)));
            score += Compute(slice, batch.Length);
        }

        GC.KeepAlive(this);
        return score;
    }

    /// <summary>Takes the optimizer's step along <see cref="Gradients"/>.</summary>
    public void Step()
    {
        ObjectDisposedException.ThrowIf(memory.IsDisposed, this);
        Step(parameters, gradients, length);
        GC.KeepAlive(this);
    }

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => memory.Dispose();

    private protected abstract Score Compute(BatchSlice slice, int batchSize);

    private protected abstract void Step(float* parameters, float* gradients, nint length);

    private protected ParameterSlice ParametersAt(nint weight, nint bias) =>
        gradients == null
            ? new(parameters + weight, parameters + bias, null, null)
            : new(parameters + weight, parameters + bias, gradients + weight, gradients + bias);
}
