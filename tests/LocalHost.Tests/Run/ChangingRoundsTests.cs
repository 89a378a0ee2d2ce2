using System.Security.Cryptography;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Tests.Run;

/// <summary>Schedules, the best round and an early end, from the command line to what is exported.</summary>
public sealed class ChangingRoundsTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task Each_round_trains_with_its_own_numbers_and_its_record_says_which()
    {
        var result = await FinishAsync(
            "--id", "fed", "--rounds", "2", "--epochs", "[1,2]", "--learning-rate", "initial=0.01,step=1,factor=0.5", "--batch-size", "initial=16,warmUp=1");

        Assert.Equal(
            [null, new TrainingPlan(1, 8, "adam", 0.01, 0, 0), new TrainingPlan(2, 16, "adam", 0.005, 0, 0)], result.Rounds.Select(round => round.Plan));
        var constant = await FinishAsync("--id", "first", "--rounds", "1", "--epochs", "1", "--learning-rate", "0.01", "--batch-size", "8");
        Assert.Equal(constant.Rounds[1].ParametersSha256, result.Rounds[1].ParametersSha256);
        Assert.NotEqual(result.Rounds[1].ParametersSha256, result.Rounds[2].ParametersSha256);
    }

    [Fact]
    public async Task The_best_rounds_model_is_kept_and_exported()
    {
        var result = await FinishAsync(
            "--id", "fed", "--rounds", "4", "--retention", "last:1", "--keep-best", "centralLoss", "--learning-rate", "[0.001,0.001,10,10]");

        var best = result.Rounds.MinBy(round => round.CentralLoss)!;
        Assert.InRange(best.Round, 1, 2);
        Assert.Equal((best.Round, "centralLoss", best.CentralLoss, best.ParametersSha256), (result.Best!.Round, result.Best.Metric, result.Best.Value, result.Best.Sha256));
        Assert.Equal(best.ParametersSha256, await HashAsync("--best"));
        Assert.Equal(result.Model!.Sha256, await HashAsync());
        var superseded = await workplace.RunAsync("export", "fed", "--round", "0", "--out", workplace["none"]);
        Assert.Equal(ExitCode.BadUsage, superseded.ExitCode);
        var again = await workplace.RunAsync("run", "--id", "fed");
        Assert.Contains(again.OutputLines, line => line.StartsWith($"best by centralLoss: round {best.Round}, ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_federation_that_has_reached_its_goal_is_completed_early_and_says_why()
    {
        var run = await workplace.RunAsync("run", "--data", Workplace.Data, "--clients", "3", "--id", "fed", "--rounds", "9", "--stop-when", "metric=fitLoss,reaches=1000");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Contains(run.OutputLines, line => line.StartsWith("round 1: stopped: fitLoss is ", StringComparison.Ordinal));
        var result = ContractJson.Deserialize<FederationResult>((await workplace.RunAsync("run", "--id", "fed", "--json")).Output);
        Assert.Equal((FederationStatus.Completed, 2), (result.Status, result.Rounds.Count));
        Assert.EndsWith("which reaches 1000", result.Stopped, StringComparison.Ordinal);
        Assert.Equal((result.Rounds[1].ParametersSha256, result.Model!.Sha256), (await HashAsync("--round", "1"), await HashAsync()));
        var status = await workplace.RunAsync("status", "fed", "--json");
        Assert.Contains("\"stopped\":\"fitLoss is ", status.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--learning-rate", "initial=0.1,step=3", "--learning-rate: expected step and factor together, got step alone")]
    [InlineData("--learning-rate", "initial=x", "learningRate.initial: expected a number, got \"x\"")]
    [InlineData("--epochs", "[1,-2]", "epochs[1]: expected 1 to 1000, got -2")]
    [InlineData("--weight-decay", "0,1", "--weight-decay: expected a number, got \"0,1\"")]
    [InlineData("--stop-when", "metric=fitLoss", "--stop-when: expected patience or reaches, got neither")]
    [InlineData("--stop-when", "fitLoss", "--stop-when: expected an object with metric and patience, or reaches, got \"fitLoss\"")]
    [InlineData("--keep-best", "fit", "--keep-best: expected one of ")]
    public async Task Bad_input_is_named_by_its_option(string option, string value, string error)
    {
        var run = await workplace.RunFederationAsync(option, value);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_is_no_best_round_where_nobody_looked()
    {
        await FinishAsync("--id", "fed", "--rounds", "1");

        var without = await workplace.RunAsync("export", "fed", "--best", "--out", workplace["model"]);
        var both = await workplace.RunAsync("export", "fed", "--best", "--round", "1", "--out", workplace["model"]);

        Assert.Equal((ExitCode.BadUsage, ExitCode.BadUsage), (without.ExitCode, both.ExitCode));
        Assert.Contains("--best: federation 'fed' was started without keepBest", without.Error, StringComparison.Ordinal);
        Assert.Contains("--best: the best round is a round of its own", both.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_rounds_there_is_no_schedule()
    {
        var run = await workplace.RunAsync("train-central", "--partition", "all", "--data", Workplace.Data, "--epochs", "1,2");

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("--epochs: expected a whole number, got \"1,2\"", run.Error, StringComparison.Ordinal);
    }

    private async Task<FederationResult> FinishAsync(params string[] more)
    {
        var run = await workplace.RunAsync(["run", "--json", "--data", Workplace.Data, "--clients", "3", .. more]);
        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.ExitCode == ExitCode.Done ? "" : run.Error));
        return ContractJson.Deserialize<FederationResult>(run.Output);
    }

    private async Task<string> ExportAsync(params string[] which)
    {
        var file = workplace[$"model-{string.Join('-', which)}.safetensors"];
        var run = await workplace.RunAsync(["export", "fed", .. which, "--out", file]);
        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        return file;
    }

    private async Task<string> HashAsync(params string[] which) =>
        Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(await ExportAsync(which), TestContext.Current.CancellationToken)));
}
