using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;

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
}
