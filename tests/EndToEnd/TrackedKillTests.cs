using System.Text.Json.Nodes;
using FlDurable.EndToEnd.Support;
using FlDurable.LocalHost.Tests.MLflow;

namespace FlDurable.EndToEnd;

/// <summary>A federation that MLflow is told of, killed between a round's record and what the tracking server has of it.</summary>
public sealed class TrackedKillTests : IDisposable
{
    private readonly TestFolders folders = new();
    private readonly StubTrackingServer server = new();

    public void Dispose()
    {
        server.Dispose();
        folders.Dispose();
    }

    [Fact]
    public async Task Killed_while_a_round_is_logged_and_started_again_it_is_one_run_with_each_figure_once()
    {
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var killed = new ManualResetEventSlim();
        server.Before = (call, body) =>
        {
            if (!LogsRound1(call, body) || killed.IsSet)
                return null;
            asked.TrySetResult();
            killed.Wait(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
            return (503, "whoever asked is gone");
        };

        await using (var process = folders.Start(Arguments()))
        {
            await asked.Task.WaitAsync(TimeSpan.FromMinutes(2), TestContext.Current.CancellationToken);
            await process.KillAsync();
        }

        killed.Set();
        var end = await folders.RunAsync(Arguments());

        Assert.Equal((0, ""), (end.ExitCode, end.Error));
        var run = Assert.Single(server.Runs);
        Assert.Equal("FINISHED", run.Status);
        Assert.Equal(3, folders.RecordedRounds("one") - 1);
        Assert.Equal([0, 1, 2, 3], run.Of("accuracy/central").Select(point => point.Step));
        Assert.Equal([0, 1, 2, 3], run.Of("seconds/round").Select(point => point.Step));
        Assert.Single(server.Calls, call => $"{call.Body?["params"]}".Contains("\"strategy\"", StringComparison.Ordinal));
    }

    private static bool LogsRound1(string call, JsonNode? body) =>
        call.EndsWith("log-batch", StringComparison.Ordinal) && body?["metrics"] is JsonArray metrics && metrics.Any(metric => (long)metric!["step"]! == 1);

    private string[] Arguments() =>
    [
        "run", "--id", "one", "--data", "synthetic:train=400,test=100", "--clients", "2", "--rounds", "3", "--quiet", "--mlflow", server.Address.AbsoluteUri,
    ];
}
