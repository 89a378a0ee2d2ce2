using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities;

/// <summary>
/// What trains and evaluates networks. Calls compute on the calling thread alone; parallelism is across clients and parts of the
/// central test set, so methods may be called on several threads at once.
/// </summary>
public interface ITrainingEngine
{
    /// <summary>The name in specs and records, for instance <c>lanes</c>.</summary>
    string Name { get; }

    /// <summary>The package that its code is in.</summary>
    PackageVersion Package => PackageVersion.Of(GetType().Assembly);

    /// <summary>Why this engine can't run a network on this machine; null when it can.</summary>
    string? WhyNot(Network network);

    /// <summary>The most values (<see cref="Network.ValuesHeld"/>) that training may hold of all images of a batch.</summary>
    long MostValuesOfABatch => long.MaxValue;

    /// <summary>Whether it tells what a network makes of each example, which a host's own metrics need.</summary>
    bool TellsLogits => false;

    /// <summary>Begins training with a fresh optimizer.</summary>
    /// <exception cref="NotSupportedException"><see cref="WhyNot"/> has a reason.</exception>
    ITrainingSession StartTraining(TrainingTask task);

    /// <summary>The mean loss and the accuracy of parameters over examples.</summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="examples">At least one example.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <returns>
    /// Metrics that are means over the examples, as parts of a test set are averaged; infinite or NaN when the parameters have diverged.
    /// </returns>
    Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken);

    /// <summary>The same, and what the network makes of each example. Asked only of an engine that says <see cref="TellsLogits"/>.</summary>
    /// <inheritdoc cref="Evaluate(Network, ModelParameters, ImageExamples, CancellationToken)"/>
    /// <param name="network"><inheritdoc cref="Evaluate(Network, ModelParameters, ImageExamples, CancellationToken)" path="/param[@name='network']"/></param>
    /// <param name="parameters"><inheritdoc cref="Evaluate(Network, ModelParameters, ImageExamples, CancellationToken)" path="/param[@name='parameters']"/></param>
    /// <param name="examples"><inheritdoc cref="Evaluate(Network, ModelParameters, ImageExamples, CancellationToken)" path="/param[@name='examples']"/></param>
    /// <param name="logits">Takes the logits, one example after another.</param>
    /// <param name="cancellationToken"><inheritdoc cref="Evaluate(Network, ModelParameters, ImageExamples, CancellationToken)" path="/param[@name='cancellationToken']"/></param>
    Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, Memory<float> logits, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"engine {Name} does not tell the logits of which the host's own metrics are measured");

    /// <summary>
    /// The same of several sets of examples, each by itself: for engines to which many small ones cost less together. The metrics are those of
    /// <see cref="Evaluate(Network, ModelParameters, ImageExamples, CancellationToken)"/>, to the bit.
    /// </summary>
    /// <param name="network">The network.</param>
    /// <param name="parameters">Its parameters.</param>
    /// <param name="sets">The sets, each of at least one example.</param>
    /// <param name="cancellationToken">Looked at between batches.</param>
    /// <returns>Each set's, in order.</returns>
    IReadOnlyList<Metrics> EvaluateEach(Network network, ModelParameters parameters, IReadOnlyList<ImageExamples> sets, CancellationToken cancellationToken) =>
        [.. sets.Select(examples => Evaluate(network, parameters, examples, cancellationToken))];
}

/// <summary>One client's training: epochs of mini-batches, each epoch in an order of its own.</summary>
public interface ITrainingSession : IDisposable
{
    /// <summary>Trains one epoch over all examples, each once; the last batch may be short.</summary>
    /// <returns>
    /// The mean loss and the accuracy over the epoch, each batch before its step. They may be infinite or NaN: the training has diverged.
    /// </returns>
    Metrics TrainEpoch(CancellationToken cancellationToken);

    /// <summary>Changes the optimizer's step size for the epochs that follow; what it has gathered stays.</summary>
    /// <param name="learningRate">Above 0.</param>
    /// <returns>Whether it was changed: false of an engine that trains with one step size alone, as one that does not implement this.</returns>
    bool TrySetLearningRate(float learningRate) => false;

    /// <summary>The parameters as they are now: a copy.</summary>
    ModelParameters GetParameters();
}

/// <summary>What to train on, from where, and how.</summary>
/// <param name="Network">The network.</param>
/// <param name="Initial">The parameters to start from; not changed.</param>
/// <param name="Examples">At least one example.</param>
/// <param name="Options">How.</param>
/// <param name="Seed">The federation's seed; with the next two it decides the order of examples.</param>
/// <param name="Round">The round.</param>
/// <param name="Client">The client's index.</param>
public sealed record TrainingTask(
    Network Network, ModelParameters Initial, ImageExamples Examples, TrainingOptions Options, long Seed, int Round, int Client)
{
    /// <summary>Counts batches as they are done; null where nobody looks.</summary>
    public BatchCount? Count { get; init; }
}

/// <summary>How to train.</summary>
/// <param name="BatchSize">Images a step, at least 1.</param>
/// <param name="Optimizer">Which optimizer.</param>
/// <param name="LearningRate">Its step size.</param>
/// <param name="Momentum">SGD's momentum: v ← momentum·v + g, x ← x − learningRate·v, as in PyTorch.</param>
/// <param name="WeightDecay">Times the parameters is added to the gradient.</param>
public sealed record TrainingOptions(int BatchSize, OptimizerKind Optimizer, float LearningRate, float Momentum, float WeightDecay)
{
    /// <summary>What is added to every gradient besides; null for nothing.</summary>
    public GradientTerm? Term { get; init; }

    /// <summary>How images are changed before each step; null for not at all.</summary>
    public Augmentation? Augmentation { get; init; }

    /// <summary>What a round's plan asks for.</summary>
    public static TrainingOptions Of(TrainingPlan plan) => new(
        plan.BatchSize,
        plan.Optimizer == "sgd" ? OptimizerKind.Sgd : OptimizerKind.Adam,
        (float)plan.LearningRate,
        (float)plan.Momentum,
        (float)plan.WeightDecay)
    {
        Augmentation = plan.Augmentation,
    };
}

/// <summary>The optimizers.</summary>
public enum OptimizerKind
{
    /// <summary>Adam (Kingma and Ba 2015) with PyTorch's defaults β1 0.9, β2 0.999, ε 1e-8.</summary>
    Adam,

    /// <summary>Stochastic gradient descent.</summary>
    Sgd,
}
