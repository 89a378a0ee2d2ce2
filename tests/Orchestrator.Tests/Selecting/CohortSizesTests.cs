using FlDurable.Orchestrator.Selecting;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Selecting;

public sealed class CohortSizesTests
{
    [Theory]
    [InlineData("cifar10-cnn", 10, 4_050, 1, 1)]
    [InlineData("cifar10-cnn", 10, 900, 1, 1)]
    [InlineData("cifar10-cnn", 100, 40, 1, 16)]
    [InlineData("cifar10-cnn", 1_000, 40, 1, 32)]
    [InlineData("cifar10-cnn", 1_000, 40, 20, 7)]
    [InlineData("cifar10-cnn", 10, 2, 1, 32)]
    [InlineData("fedavg-cnn", 1_000, 40, 1, 5)]
    public void A_cohort_is_about_a_quarter_of_a_second_and_less_where_cores_would_be_idle(string network, int clients, int examples, int epochs, int expected)
    {
        var round = TrainingPlan.Of(new FederationSpec { Epochs = epochs }, round: 1);

        Assert.Equal(expected, CohortSizes.OfTraining(round, new NetworkRegistry().Get(network).Usual, Clients(clients, examples)));
    }

    [Theory]
    [InlineData("cifar10-cnn", 10, 450, 3)]
    [InlineData("cifar10-cnn", 1_000, 5, 64)]
    [InlineData("fedavg-cnn", 1_000, 5, 32)]
    [InlineData("fedavg-cnn", 1_000, 500, 1)]
    public void More_clients_are_evaluated_in_a_cohort_than_trained(string network, int clients, int examples, int expected) =>
        Assert.Equal(expected, CohortSizes.OfEvaluation(new NetworkRegistry().Get(network).Usual, Clients(clients, trainExamples: 1, examples)));

    [Fact]
    public void Without_clients_there_is_a_size_all_the_same()
    {
        var network = new NetworkRegistry().Get("mlp").Usual;

        Assert.InRange(CohortSizes.OfTraining(TrainingPlan.Of(new FederationSpec(), round: 1), network, []), 1, 64);
        Assert.InRange(CohortSizes.OfEvaluation(network, []), 1, 64);
    }

    private static List<ClientPartition> Clients(int count, int trainExamples, int validationExamples = 1) =>
        [.. Enumerable.Range(0, count).Select(
            index => new ClientPartition(index, ClientNames.Of(index), new ArtifactReference("data", 1, "0"), trainExamples, validationExamples))];
}
