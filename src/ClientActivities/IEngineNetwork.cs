using FlDurable.Shared.Datasets;

namespace FlDurable.ClientActivities;

/// <summary>A network ready to compute in an engine, with its parameters and, in training, their gradients and their optimizer.</summary>
internal interface IEngineNetwork : IDisposable
{
    /// <summary>Scores a batch; in training also computes the gradients of its mean loss.</summary>
    Score Compute(ImageExamples examples, ReadOnlySpan<int> batch);

    /// <summary>The logits of the batch that was computed last, which was no larger than those of an evaluation; one image after another.</summary>
    void CopyLogits(Span<float> to);

    /// <summary>Takes the optimizer's step along the gradients.</summary>
    /// <exception cref="InvalidOperationException">The network is not trained.</exception>
    void Step();

    /// <summary>Changes the size of the steps from now on; what the optimizer has gathered stays.</summary>
    /// <exception cref="InvalidOperationException">The network is not trained.</exception>
    void SetLearningRate(float learningRate);

    /// <summary>A copy of the parameters, in the network's layout.</summary>
    float[] GetParameters();
}
