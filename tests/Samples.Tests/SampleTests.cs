using System.Diagnostics;
using System.Text.Json;

namespace FlDurable.Samples.Tests;

/// <summary>Each sample as a user runs it, on a few made-up images.</summary>
public sealed class SampleTests : IDisposable
{
    private static readonly string[] Images = ["--data", "synthetic:train=240,test=40", "--clients", "3"];
    private static readonly string[] Small = [.. Images, "--rounds", "3"];

    private readonly string folder = Directory.CreateTempSubdirectory("fldurable-sample-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Given_parameters_are_those_of_round_0()
    {
        var given = await RoundsOfAsync("initial-parameters", [.. Images, "--rounds", "1"]);
        var drawn = await RoundsOfAsync("server-evaluation", [.. Images, "--rounds", "1", "--seed", "7"]);

        Assert.Equal(drawn[0].GetProperty("parametersSha256").GetString(), given[0].GetProperty("parametersSha256").GetString());
    }

    [Fact]
    public async Task The_servers_own_metric_is_measured_in_each_round() => Assert.All(
        await RoundsOfAsync("server-evaluation", Small), round => Assert.InRange(round.GetProperty("additional").GetProperty("central.worstRecall").GetDouble(), 0, 1));

    [Fact]
    public async Task Values_change_by_round()
    {
        var plans = (await RoundsOfAsync("values-by-round", Small)).Skip(1).Select(round => round.GetProperty("plan")).ToList();

        Assert.Equal([1, 1, 2], plans.Select(plan => plan.GetProperty("epochs").GetInt32()));
        Assert.Equal([0.002, 0.002, 0.001], plans.Select(plan => plan.GetProperty("learningRate").GetDouble()));
    }

    [Fact]
    public async Task A_twentieth_of_a_thousand_clients_trains()
    {
        var rounds = await RoundsOfAsync("thousand-clients", ["--data", "synthetic:train=2000,test=40", "--rounds", "1"]);

        Assert.Equal(50, rounds[1].GetProperty("participants").EnumerateArray().Count(client => client.TryGetProperty("examples", out _)));
    }

    [Fact]
    public async Task A_strategy_of_ones_own_aggregates() => Assert.Equal(4, (await RoundsOfAsync("own-strategy", Small)).Count);

    [Fact]
    public async Task The_best_rounds_parameters_are_exported()
    {
        await RunAsync(["best-checkpoint", .. Small, "--state", Path.Combine(folder, "state")]);

        Assert.True(new FileInfo(Path.Combine(folder, "best.safetensors")).Length > 62_006 * sizeof(float));
    }

    [Fact]
    public async Task It_ends_when_it_gets_no_better()
    {
        var rounds = await RoundsOfAsync("early-stopping", [.. Images, "--rounds", "20", "--learning-rate", "0.00000001"]);

        Assert.InRange(rounds.Count, 3, 20);
        Assert.Contains("centralLoss was not better for 2 rounds", rounds[^1].GetProperty("stopped").GetString(), StringComparison.Ordinal);
    }

    private async Task<IReadOnlyList<JsonElement>> RoundsOfAsync(string sample, string[] options)
    {
        var output = await RunAsync([sample, .. options, "--json", "--state", Path.Combine(folder, sample)]);
        return [.. JsonElement.Parse(output).GetProperty("rounds").EnumerateArray()];
    }

    private async Task<string> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "FlDurable.Samples.dll"), .. arguments])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(process.ExitCode == 0, await error);
            return output;
        }
        finally
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
        }
    }
}
