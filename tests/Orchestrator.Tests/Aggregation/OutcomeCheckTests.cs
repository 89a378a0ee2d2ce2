using FlDurable.Orchestrator.Aggregation;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Records;
using FlDurable.Shared.Rounds;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;

namespace FlDurable.Orchestrator.Tests.Aggregation;

public sealed class OutcomeCheckTests
{
    private const string Name = "updates/fed/000001/1/client-0.safetensors";

    private static readonly string Sha256 = new('a', 64);

    private static readonly ClientPartition Client =
        new(0, "client-0", new ArtifactReference("datasets/digest/clients/client-0.bin", 1, Sha256), TrainExamples: 10, ValidationExamples: 10);

    [Theory]
    [InlineData(0, true)]
    [InlineData(100, true)]
    [InlineData(101, false)]
    [InlineData(-1, false)]
    public void A_reference_says_no_length_beyond_what_is_read(long length, bool holds) =>
        Assert.Equal(holds, OutcomeCheck.FindProblem(new ArtifactReference(Name, length, Sha256), Name, maxBytes: 100) is null);

    [Theory]
    [InlineData("", 64, 'a', true)]
    [InlineData("", 63, 'a', false)]
    [InlineData("", 65, 'a', false)]
    [InlineData("A", 63, 'a', false)]
    [InlineData("g", 63, 'a', false)]
    public void A_reference_has_a_sha_256(string first, int count, char digit, bool holds) =>
        Assert.Equal(holds, OutcomeCheck.FindProblem(new ArtifactReference(Name, 1, first + new string(digit, count)), Name, maxBytes: null) is null);

    [Fact]
    public void What_has_no_metrics_does_not_count()
    {
        foreach (var phase in RoundPhase.All)
        {
            var said = new ClientOutcome("client-0", 5, 1, Metrics: null, new ArtifactReference(Name, 1, Sha256));
            Assert.Contains("it has no metrics", Of(phase).Of(Client, said).Failure?.Reason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_evaluation_has_no_update_and_no_norm()
    {
        var said = new ClientOutcome("client-0", 5, 1, new Metrics(1, 0.5), new ArtifactReference(Name, 1, Sha256), UpdateNorm: 7);

        var outcome = Of(RoundPhase.Evaluate).Of(Client, said);

        Assert.Equal((null, null, null), (outcome.Failure, outcome.Update, outcome.UpdateNorm));
    }

    private static OutcomeCheck Of(RoundPhase phase) => new(
        new ResolvedSpec(
            ResolvedSpec.CurrentVersion, "fed", "lanes", new DatasetReference("synthetic", "source", "digest"), Initial: null, new FederationSpec()),
        new Network("tiny", new ImageShape(1, 1, 1), [new Linear("fc", 1, 2)]), plan: null, 1, 1, phase);
}
