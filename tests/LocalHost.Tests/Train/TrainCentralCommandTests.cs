using System.Text.Json;
using FlDurable.ClientActivities;
using FlDurable.LanesEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Networks;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Tests.Train;

public sealed class TrainCentralCommandTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task Every_epoch_is_validated_and_the_end_is_tested()
    {
        using var document = JsonDocument.Parse((await TrainAsync("0", "--epochs", "2", "--json")).Output);
        var result = document.RootElement;

        Assert.Equal(("cifar10-cnn", "lanes", "0"), (Text("network"), Text("engine"), Text("partition")));
        Assert.Equal([1, 2], result.GetProperty("epochs").EnumerateArray().Select(epoch => epoch.GetProperty("epoch").GetInt32()));
        Assert.All(result.GetProperty("epochs").EnumerateArray(), epoch => Assert.True(epoch.GetProperty("validationLoss").GetDouble() > 0));
        Assert.InRange(result.GetProperty("test").GetProperty("accuracy").GetDouble(), 0, 1);

        string? Text(string field) => result.GetProperty(field).GetString();
    }

    [Fact]
    public async Task The_first_epoch_of_a_partition_is_the_first_round_of_its_client()
    {
        var federation = await workplace.FinishFederationAsync();
        using var document = JsonDocument.Parse((await TrainAsync("1", "--epochs", "1", "--json")).Output);

        Assert.Equal(
            federation.Rounds[1].Participants.Single(client => client.Client == "client-1").FitLoss,
            document.RootElement.GetProperty("epochs")[0].GetProperty("fitLoss").GetDouble());
    }

    [Fact]
    public async Task All_partitions_can_be_trained_on_together()
    {
        var run = await TrainAsync("all", "--epochs", "1");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.StartsWith("data: ", run.OutputLines[0], StringComparison.Ordinal);
        Assert.StartsWith("epoch 1/1  fit loss ", run.OutputLines[1], StringComparison.Ordinal);
        Assert.StartsWith("test  loss ", run.OutputLines[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_validation_images_there_are_no_validation_figures()
    {
        var run = await TrainAsync("0", "--epochs", "1", "--validation-fraction", "0");

        Assert.DoesNotContain("validation", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_that_diverges_says_so()
    {
        var run = await TrainAsync("all", "--epochs", "20", "--optimizer", "sgd", "--learning-rate", "100");

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        Assert.Contains("the training diverged", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_schedule_of_the_learning_rate_goes_by_epochs()
    {
        var constant = await EpochsAsync("0.01");
        var steps = await EpochsAsync("initial=0.01,step=1,factor=0.1");

        Assert.All(constant, epoch => Assert.Equal(0.01, epoch.GetProperty("learningRate").GetDouble()));
        Assert.Equal([0.01, 0.001], steps.Select(epoch => Math.Round(epoch.GetProperty("learningRate").GetDouble(), 12)));
        Assert.Equal(Validated(constant[0]), Validated(steps[0]));
        Assert.NotEqual(Validated(constant[1]), Validated(steps[1]));

        async Task<JsonElement[]> EpochsAsync(string learningRate) => [.. JsonElement.Parse(
            (await TrainAsync("0", "--epochs", "2", "--learning-rate", learningRate, "--json")).Output).GetProperty("epochs").EnumerateArray()];

        static double Validated(JsonElement epoch) => epoch.GetProperty("validationLoss").GetDouble();
    }

    [Fact]
    public async Task A_schedule_without_a_rate_for_every_epoch_is_refused()
    {
        var run = await TrainAsync("all", "--epochs", "9", "--learning-rate", "initial=0.1,cosine=8");

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("--learning-rate: expected above 0 to 100 in every round (round 9 has 0)", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engine_with_one_learning_rate_is_given_no_schedule()
    {
        var run = await workplace.RunAsync(
            FederationHost.CreateBuilder([]).AddTrainingEngine<OneRate>(), "train-central", "--partition", "0", "--data", Workplace.Data, "--clients", "3", "--engine", "one-rate", "--learning-rate", "initial=0.1,cosine=8");

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("--learning-rate: expected one number with engine one-rate", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("-1")]
    [InlineData("every")]
    public async Task A_partition_that_does_not_exist_is_refused(string partition)
    {
        var run = await TrainAsync(partition);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains($"--partition: expected 0 to 2 or all, got '{partition}'", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    private Task<CommandRun> TrainAsync(string partition, params string[] more) =>
        workplace.RunAsync(["train-central", "--partition", partition, "--data", Workplace.Data, "--clients", "3", .. more]);

    /// <summary>An engine that does not know of rates that change.</summary>
    private sealed class OneRate : ITrainingEngine
    {
        private readonly LanesTrainingEngine lanes = new();

        public string Name => "one-rate";

        public string? WhyNot(Network network) => lanes.WhyNot(network);

        public ITrainingSession StartTraining(TrainingTask task) => new Session(lanes.StartTraining(task));

        public Metrics Evaluate(Network network, ModelParameters parameters, ImageExamples examples, CancellationToken cancellationToken) =>
            lanes.Evaluate(network, parameters, examples, cancellationToken);

        private sealed class Session(ITrainingSession session) : ITrainingSession
        {
            public Metrics TrainEpoch(CancellationToken cancellationToken) => session.TrainEpoch(cancellationToken);

            public ModelParameters GetParameters() => session.GetParameters();

            public void Dispose() => session.Dispose();
        }
    }
}
