using System.Net;
using System.Net.Sockets;
using System.Text;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.MLflow;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.LocalHost.Tests.MLflow;

/// <summary>run --mlflow.</summary>
public sealed class MLflowTests : IDisposable
{
    private static readonly DateTimeOffset Started = DateTimeOffset.FromUnixTimeMilliseconds(1_700_000_000_000);

    private readonly Workplace workplace = new();
    private readonly StubTrackingServer server = new();
    private readonly List<string> told = [];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        server.Dispose();
        workplace.Dispose();
    }

    [Fact]
    public async Task A_federation_is_a_run_with_its_spec_and_the_figures_of_every_record()
    {
        var result = await workplace.FinishFederationAsync("--id", "one", "--mlflow", server.Address.AbsoluteUri);

        var run = Assert.Single(server.Runs);
        Assert.Equal(("one", "fldurable", "FINISHED"), (run.Tags["fldurable.id"], run.Tags["mlflow.source.name"], run.Status));
        Assert.Equal(("3", "2", "fedavg", "lanes"), (run.Parameters["clients"], run.Parameters["rounds"], run.Parameters["strategy"], run.Parameters["engine"]));
        Assert.Equal(result.Rounds.Select(round => ((long)round.Round, round.CentralAccuracy!.Value)), run.Of("accuracy/central"));
        Assert.Equal(result.Rounds.Skip(1).Select(round => ((long)round.Round, round.FitLoss!.Value)), run.Of("loss/fit"));
        var file = Assert.Single(server.Calls, call => call.Call.StartsWith("PUT ", StringComparison.Ordinal));
        Assert.Equal("PUT /api/2.0/mlflow-artifacts/artifacts/1/run0/artifacts/result.json", file.Call);
    }

    [Fact]
    public async Task A_federation_that_is_killed_and_gone_on_with_is_the_same_run_with_each_figure_once()
    {
        await workplace.StopFederationAsync("one");
        server.Before = (call, body) => call.EndsWith("log-batch", StringComparison.Ordinal) && $"{body}".Contains("\"step\": 1", StringComparison.Ordinal) ? (500, "out of order") : null;
        var broken = await workplace.RunAsync("run", "one", "--mlflow", server.Address.AbsoluteUri);
        server.Before = (_, _) => null;

        var mended = await workplace.RunAsync("run", "one", "--mlflow", server.Address.AbsoluteUri);
        await workplace.RunAsync("run", "one", "--mlflow", server.Address.AbsoluteUri);

        Assert.Equal((ExitCode.Done, ExitCode.Done), (broken.ExitCode, mended.ExitCode));
        Assert.Contains(broken.ErrorLines, line => line.Contains("--mlflow: what was recorded from round 1 on is not logged: the tracking server answers runs/log-batch with 500 (out of order)", StringComparison.Ordinal));
        var run = Assert.Single(server.Runs);
        Assert.Equal([0, 1, 2], run.Of("accuracy/central").Select(point => point.Step));
        Assert.Equal([0, 1, 2], run.Of("seconds/round").Select(point => point.Step));
        Assert.Equal("FINISHED", run.Status);
        Assert.Single(server.Calls, call => $"{call.Body?["params"]}".Contains("\"strategy\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_refusal_is_explained_once_and_the_federation_goes_on()
    {
        server.Before = (_, _) => (403, "Invalid Host header - possible DNS rebinding attack detected");

        var run = await workplace.RunFederationAsync("--id", "one", "--mlflow", server.Address.AbsoluteUri);

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Contains(run.ErrorLines, line => line.Contains("403 (Invalid Host header", StringComparison.Ordinal) && line.Contains($"--allowed-hosts {server.Address.Authority}", StringComparison.Ordinal));
        Assert.InRange(run.ErrorLines.Count(line => line.StartsWith("--mlflow", StringComparison.Ordinal)), 1, 2);
    }

    [Fact]
    public async Task A_server_that_never_answers_holds_nothing_up()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await workplace.FinishFederationAsync("--id", "one");
        using var tracking = new TrackingServer(new Uri($"http://127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}"), TimeSpan.FromMinutes(10), _ => null);

        var answer = await Track(tracking, TimeSpan.FromMilliseconds(100)).WatchAsync(Started, () => Task.FromResult("done"));

        Assert.Equal("done", answer);
        Assert.Equal(["--mlflow: what was recorded from round 0 on is not logged: the tracking server has not answered within 0.1 s. The same command adds it when that is mended"], told);
    }

    [Fact]
    public async Task What_is_no_number_is_left_out_and_named_by_a_tag()
    {
        await FinishWithInfinityInRound3Async();
        using var tracking = new TrackingServer(server.Address, TimeSpan.FromSeconds(10), _ => null);

        await Track(tracking).WatchAsync(Started, () => Task.FromResult(0));

        var run = Assert.Single(server.Runs);
        Assert.Empty(told);
        Assert.Equal([1, 2], run.Of("loss/fit").Select(point => point.Step));
        Assert.Equal([0, 1, 2, 3], run.Of("accuracy/central").Select(point => point.Step));
        Assert.Equal(("loss/fit from round 3", "round 3: diverged: far too large"), (run.Tags["fldurable.notFinite"], run.Tags["fldurable.remarks"]));
    }

    [Fact]
    public async Task What_is_said_of_a_round_that_had_to_be_logged_twice_is_said_once()
    {
        await FinishWithInfinityInRound3Async();
        var refused = 0;
        server.Before = (call, body) => call.EndsWith("log-batch", StringComparison.Ordinal) && $"{body}".Contains("\"step\": 3", StringComparison.Ordinal) && refused++ == 0 ? (503, "later") : null;
        using var tracking = new TrackingServer(server.Address, TimeSpan.FromSeconds(10), _ => null);

        await Track(tracking).WatchAsync(Started, () => Task.FromResult(0));

        Assert.Equal(2, refused);
        var run = Assert.Single(server.Runs);
        Assert.Equal(("loss/fit from round 3", "round 3: diverged: far too large"), (run.Tags["fldurable.notFinite"], run.Tags["fldurable.remarks"]));
    }

    [Theory]
    [InlineData("MLFLOW_TRACKING_TOKEN", "Bearer secret")]
    [InlineData("MLFLOW_TRACKING_USERNAME", "Basic c2VjcmV0OnNlY3JldA==")]
    public async Task Who_asks_is_said_by_mlflows_own_variables_and_told_to_nobody(string variable, string sent)
    {
        await workplace.FinishFederationAsync("--id", "one");
        server.Before = (_, _) => (401, "");
        using var tracking = new TrackingServer(server.Address, TimeSpan.FromSeconds(10), name => name == variable || name == "MLFLOW_TRACKING_PASSWORD" ? "secret" : null);

        await Track(tracking).WatchAsync(Started, () => Task.FromResult(0));

        Assert.All(server.Authorizations, authorization => Assert.Equal(sent, authorization));
        Assert.NotEmpty(told);
        Assert.All(told, line => Assert.DoesNotContain("secret", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1:5000")]
    [InlineData("file:///mlruns")]
    [InlineData("http://me:secret@127.0.0.1:5000")]
    public async Task What_is_no_address_is_refused_before_anything_is_begun(string address)
    {
        var run = await workplace.RunFederationAsync("--id", "one", "--mlflow", address);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("--mlflow: expected", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("one", (await workplace.RunAsync("list")).Output, StringComparison.Ordinal);
    }

    private async Task FinishWithInfinityInRound3Async()
    {
        await workplace.FinishFederationAsync("--id", "one");
        var store = new FileArtifactStore(Path.Combine(workplace.State, "artifacts"));
        await PutRecordAsync(store, new RoundRecord
        {
            Round = 3,
            Seconds = 1,
            ParametersSha256 = "",
            Engine = "lanes",
            DatasetDigest = "",
            Participants = [],
            Failures = [],
            FitLoss = 123456.75,
            CentralAccuracy = 0.5,
            Events = ["diverged: far too large"],
        });
    }

    private TrackedFederation Track(TrackingServer tracking, TimeSpan? patience = null) =>
        new(tracking, "federations", "one", new FileArtifactStore(Path.Combine(workplace.State, "artifacts")), told.Add, TimeProvider.System)
        {
            Patience = patience ?? TimeSpan.FromSeconds(10),
        };

    /// <summary>A record as no build writes it: JSON has no word for what is infinite, but for a number that is too large.</summary>
    private static async Task PutRecordAsync(FileArtifactStore store, RoundRecord record) => await store.PutAsync(
        ArtifactNames.Record("one", record.Round), Encoding.UTF8.GetBytes(ContractJson.Serialize(record).Replace("123456.75", "1e999", StringComparison.Ordinal)), Cancellation);
}
