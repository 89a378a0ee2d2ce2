using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Onnx;
using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.Run;

public sealed class NormalizationTests : IDisposable
{
    private const string Cifar10 = "mean=0.4914/0.4822/0.4465,std=0.247/0.2435/0.2616";

    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task Constants_hold_in_training_in_evaluation_and_in_what_is_exported_and_the_usual_ones_are_as_if_not_given()
    {
        var plain = await workplace.FinishFederationAsync("--id", "plain");
        var usual = await workplace.FinishFederationAsync("--id", "usual", "--normalization", "mean=0.5,std=0.5");
        var own = await workplace.FinishFederationAsync("--id", "own", "--normalization", Cifar10);
        var evaluated = await workplace.RunAsync("evaluate", "own", "--json");
        var exported = await workplace.RunAsync("export", "own", "--format", "onnx", "--out", workplace["own.onnx"]);
        var central = await workplace.RunAsync(
            "train-central", "--data", Workplace.Data, "--clients", "3", "--partition", "1", "--epochs", "1", "--json", "--normalization", Cifar10);

        Assert.Equal(plain.Rounds.Select(round => round.ParametersSha256), usual.Rounds.Select(round => round.ParametersSha256));
        Assert.Equal(plain.Rounds[0].ParametersSha256, own.Rounds[0].ParametersSha256);
        Assert.NotEqual(plain.Rounds[0].CentralLoss, own.Rounds[0].CentralLoss);
        Assert.NotEqual(plain.Rounds[^1].ParametersSha256, own.Rounds[^1].ParametersSha256);
        Assert.Equal(own.Rounds[^1].CentralLoss, JsonElement.Parse(evaluated.Output).GetProperty("loss").GetDouble());
        Assert.Equal(
            own.Rounds[1].Participants.Single(client => client.Client == "client-1").FitLoss,
            JsonElement.Parse(central.Output).GetProperty("epochs")[0].GetProperty("fitLoss").GetDouble());
        Assert.Equal(ExitCode.Done, exported.ExitCode);
        using var file = new OnnxFile(await File.ReadAllBytesAsync(workplace["own.onnx"], TestContext.Current.CancellationToken));
        Assert.Equal(("[0.4914,0.4822,0.4465]", "[0.247,0.2435,0.2616]"), (file.Metadata["image_mean"], file.Metadata["image_std"]));
    }

    [Theory]
    [InlineData("mean=0.5", "normalization.std: expected a number for each channel, or one for all; got none")]
    [InlineData("std=0.5", "normalization: expected mean, the mean of each channel; got none")]
    [InlineData("mean=0.5,std=0", "normalization.std[0]: expected 0.001 to 1, got 0")]
    [InlineData("mean=127,std=0.5", "normalization.mean[0]: expected 0 to 1, got 127")]
    [InlineData("mean=0.5/0.5,std=0.5", "normalization.mean: expected one number, or one for each of the images' 3 channels; got 2 (")]
    [InlineData("mean=0.5/x,std=0.5", "normalization.mean[1]: expected 0 to 1, got \"x\"")]
    public async Task Constants_that_are_none_are_refused(string normalization, string why)
    {
        var run = await workplace.RunFederationAsync("--normalization", normalization);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(run.ErrorLines, line => line.Contains(why, StringComparison.Ordinal));
    }
}
