using FlDurable.ClientActivities;
using FlDurable.ClientActivities.Vectors;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;

namespace FlDurable.LanesEngine;

/// <summary>A network ready to compute on lanes, with its parameters, their gradients and their optimizer.</summary>
internal abstract class LaneNetwork : IEngineNetwork
{
    private readonly LaneMemory memory;
    private readonly DropoutNoise noise;

    private protected LaneNetwork(Network network, LaneMemory memory, DropoutNoise noise, bool isTrained)
    {
        this.memory = memory;
        this.noise = noise;
        Parameters = new ParameterMemory(memory, network);
        Gradients = isTrained ? new ParameterMemory(memory, network) : null;
    }

    private protected ParameterMemory Parameters { get; }

    private protected ParameterMemory? Gradients { get; }

    /// <summary>Prepares a network for training.</summary>
    public static LaneNetwork ForTraining(
        Network network, TrainingOptions options, LaneWidth width, LaneBlocks? blocks = null, DropoutNoise? noise = null) =>
        Create(network, options, width, blocks, noise);

    /// <summary>Prepares a network for evaluation: it has no gradients and takes no steps.</summary>
    public static LaneNetwork ForEvaluation(Network network, LaneWidth width, LaneBlocks? blocks = null) =>
        Create(network, options: null, width, blocks, noise: null);

    /// <summary>Sets the parameters, given in the network's layout.</summary>
    public void SetParameters(ReadOnlySpan<float> values)
    {
        ThrowIfDisposed();
        Parameters.CopyFrom(values);
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public abstract void SetLearningRate(float learningRate);

    /// <inheritdoc/>
    public float[] GetParameters()
    {
        ThrowIfDisposed();
        var values = Parameters.ToLayout();
        GC.KeepAlive(this);
        return values;
    }

    /// <summary>A copy of the gradients of the last batch's mean loss, in the network's layout.</summary>
    /// <exception cref="InvalidOperationException">The network is not trained.</exception>
    public float[] GetGradients()
    {
        ThrowIfDisposed();
        var values = Gradients?.ToLayout() ?? throw new InvalidOperationException("a network for evaluation has no gradients");
        GC.KeepAlive(this);
        return values;
    }

    /// <inheritdoc/>
    public Score Compute(ImageExamples examples, ReadOnlySpan<int> batch)
    {
        ThrowIfDisposed();
        var score = default(Score);
        noise.NextStep();
        for (var first = 0; first < batch.Length; first += BatchSlice.Images)
        {
            var slice = new BatchSlice(examples, batch.Slice(first, Math.Min(BatchSlice.Images, batch.Length - first)));
            score += Compute(slice, batch.Length, isFirst: first == 0, each: default);
        }

        GC.KeepAlive(this);
        return score;
    }

    /// <summary>Scores each image of a slice.</summary>
    /// <param name="examples">Where the images are.</param>
    /// <param name="slice">Which ones: at most a slice.</param>
    /// <param name="each">Takes their scores.</param>
    public void ScoreEach(ImageExamples examples, ReadOnlySpan<int> slice, Span<Score> each)
    {
        ThrowIfDisposed();
        Compute(new BatchSlice(examples, slice), slice.Length, isFirst: true, each);
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public void CopyLogits(Span<float> to)
    {
        ThrowIfDisposed();
        CopyOutput(to);
        GC.KeepAlive(this);
    }

    /// <inheritdoc/>
    public void Step()
    {
        ThrowIfDisposed();
        TakeStep();
        GC.KeepAlive(this);
    }

    /// <summary>One training step in its parts, in order, to be timed one by one; a network for evaluation has no way back.</summary>
    /// <param name="examples">Where the images are.</param>
    /// <param name="batch">Which ones: at most a slice.</param>
    public abstract IEnumerable<StepPart> PartsOfStep(ImageExamples examples, int[] batch);

    /// <summary>Gives the memory back.</summary>
    public void Dispose() => memory.Dispose();

    private protected abstract Score Compute(BatchSlice slice, int batchSize, bool isFirst, Span<Score> each);

    private protected abstract void CopyOutput(Span<float> to);

    private protected abstract void TakeStep();

    private static LaneNetwork Create(Network network, TrainingOptions? options, LaneWidth width, LaneBlocks? blocks, DropoutNoise? noise)
    {
        noise ??= new DropoutNoise(seed: 0, round: 0, client: 0);
        var memory = new LaneMemory(blocks);
        return width == LaneWidth.Bits512
            ? new StagedNetwork<Lanes16>(network, options, noise, memory)
            : new StagedNetwork<Lanes8>(network, options, noise, memory);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(memory.IsDisposed, this);
}

/// <summary>A part of a training step.</summary>
/// <param name="Name">What it computes.</param>
/// <param name="MultiplyAdds">How many by image; 0 where they don't matter.</param>
/// <param name="Run">Computes it again.</param>
internal sealed record StepPart(string Name, double MultiplyAdds, Action Run);
