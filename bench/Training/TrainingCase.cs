using FlDurable.ClientActivities;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;

namespace FlDurable.Bench.Training;

/// <summary>What every engine is given: random images, and the network as it is at first.</summary>
/// <param name="network">The network.</param>
/// <param name="batchSize">Images a step.</param>
/// <param name="batches">Steps an epoch.</param>
internal sealed class TrainingCase(Network network, int batchSize, int batches)
{
    public Network Network => network;

    public int BatchSize => batchSize;

    public ImageExamples Examples { get; } = RandomExamples(network, batches * batchSize);

    public ModelParameters Parameters { get; } = network.Initialize(1);

    public TrainingOptions Options { get; } = new(batchSize, OptimizerKind.Adam, LearningRate: 1e-3f, Momentum: 0, WeightDecay: 0);

    public TrainingTask TaskOf(int client) => new(Network, Parameters, Examples, Options, Seed: 1, Round: 1, client);

    private static ImageExamples RandomExamples(Network network, int count)
    {
        var random = new Random(1);
        var records = new byte[count * (1 + network.Input.Length)];
        random.NextBytes(records);
        for (var image = 0; image < count; image++)
            records[image * (1 + network.Input.Length)] = (byte)random.Next(network.Classes);
        return new ImageExamples(records, network.Input, network.Classes);
    }
}
