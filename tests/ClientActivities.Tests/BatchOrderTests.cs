using CsCheck;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;

namespace FlDurable.ClientActivities.Tests;

public sealed class BatchOrderTests
{
    private static readonly ImageShape Pixel = new(1, 1, 1);

    private static readonly Network Plain = new("plain", Pixel, [new Linear("fc", 1, 2)]);

    private static readonly Network Normalised = new("normalised", Pixel, [new BatchNorm2d("bn", 1), new Linear("fc", 1, 2)]);

    /// <summary>The server holds what a client says of its steps against the count, so they must never differ.</summary>
    [Fact]
    public void As_many_steps_are_counted_as_there_are_batches() =>
        Gen.Select(Gen.Int[1, 40], Gen.Int[1, 12], Gen.Int[1, 3], Gen.Bool).Sample((images, batchSize, epochs, isNormalised) =>
        {
            var network = isNormalised ? Normalised : Plain;
            var spec = new FederationSpec { BatchSize = batchSize, Epochs = epochs };
            var examples = new ImageExamples(new byte[images * 2], Pixel, classes: 2);
            var order = new BatchOrder(new TrainingTask(
                network, new ModelParameters(network.Layout), examples, TrainingOptions.Of(TrainingPlan.Of(spec, round: 1)), Seed: 1, Round: 1, Client: 0));
            var batches = 0;
            for (var epoch = 0; epoch < epochs; epoch++)
            {
                foreach (var batch in order.NextEpoch())
                    batches += batch.IsEmpty ? 0 : 1;
            }

            Assert.Equal(batches, LocalSteps.Count(epochs, batchSize, network, images));
        });
}
