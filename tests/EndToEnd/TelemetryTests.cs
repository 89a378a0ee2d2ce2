using System.Runtime.InteropServices;
using System.Text.Json;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>What the built program sends to a collector that OpenTelemetry's own variables name.</summary>
public sealed class TelemetryTests : IDisposable
{
    private static readonly string[] Run = ["run", "--id", "told", "--data", "synthetic:train=400,test=50", "--network", "mlp", "--clients", "4", "--rounds", "1"];

    private readonly TestFolders folders = new();

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task Traces_figures_and_log_lines_of_a_run_arrive_before_it_ends()
    {
        using var collector = new Collector();

        await using var run = FlDurableProcess.Start(folders, collector.Environment, Run);
        var end = await run.EndAsync();

        Assert.Equal(0, end.ExitCode);
        Assert.Contains("TrainClient", collector.Taken["/v1/traces"], StringComparison.Ordinal);
        Assert.Contains("fldurable.federation", collector.Taken["/v1/traces"], StringComparison.Ordinal);
        Assert.Contains("fldurable.rounds", collector.Taken["/v1/metrics"], StringComparison.Ordinal);
        Assert.Contains("told, round 1: recorded after", collector.Taken["/v1/logs"], StringComparison.Ordinal);
        Assert.DoesNotContain("recorded after", end.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_collector_for_one_signal_alone_only_that_is_sent_and_a_sampler_that_goes_by_the_parent_goes_by_itself()
    {
        using var all = new Collector();
        using var none = new Collector();
        await using var traced = FlDurableProcess.Start(folders, new Dictionary<string, string> { ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = $"{all.Address}/v1/traces", ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf" }, Run);
        Assert.Equal(0, (await traced.EndAsync()).ExitCode);
        await using var unsampled = FlDurableProcess.Start(
            folders, new Dictionary<string, string>(none.Environment) { ["OTEL_TRACES_SAMPLER"] = "parentbased_traceidratio", ["OTEL_TRACES_SAMPLER_ARG"] = "0" }, [.. Run.Select(argument => argument == "told" ? "other" : argument)]);
        Assert.Equal(0, (await unsampled.EndAsync()).ExitCode);

        Assert.Equal(["/v1/traces"], all.Taken.Keys);
        Assert.Contains("TrainClient", all.Taken["/v1/traces"], StringComparison.Ordinal);
        Assert.Equal(["/v1/logs", "/v1/metrics"], none.Taken.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_collector_that_never_answers_keeps_no_run_from_its_end()
    {
        using var collector = new Collector(answers: false);

        await using var run = FlDurableProcess.Start(folders, collector.Environment, Run);
        var end = await run.EndAsync();

        Assert.Equal(0, end.ExitCode);
        Assert.True(File.Exists(folders.Artifact("federations/told/result.json")));
        Assert.NotEmpty(collector.Taken);
    }

    [Fact]
    public async Task A_server_tells_of_federations_line_by_line_as_objects_for_a_program()
    {
        await using var server = folders.Start("serve", "--urls", "http://127.0.0.1:0", "--no-auth", "--log-format", "json");
        var listening = await server.WaitForOutputLineAsync("listening on");
        var address = listening.Split(' ')[2].TrimEnd(',');
        using var client = new HttpClient { BaseAddress = new Uri(address) };
        using var spec = new StringContent("""{"id":"told","data":"synthetic:train=400,test=50","network":"mlp","clients":4,"rounds":1}""", null, "application/json");
        using var started = await client.PostAsync(new Uri("/api/federations", UriKind.Relative), spec, TestContext.Current.CancellationToken);
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!(await client.GetStringAsync(new Uri("/api/federations/told", UriKind.Relative), TestContext.Current.CancellationToken)).Contains("\"completed\"", StringComparison.Ordinal))
            await poll.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        server.Signal(PosixSignal.SIGTERM);

        var end = await server.EndAsync();

        var events = end.Error.Split('\n').Where(line => line.StartsWith('{')).Select(line => JsonDocument.Parse(line).RootElement).ToList();
        Assert.All(events, one => Assert.Equal("told", one.GetProperty("values").GetProperty("federation").GetString()));
        var (asked, done) = (events.Where(one => IsOf(one, "FederationStarted")).ToList(), events.Where(one => !IsOf(one, "FederationStarted")).ToList());
        Assert.Equal(
            ["DataReady", "RoundRecorded", "ClientsSelected", "RoundRecorded", "FederationCompleted"],
            done.Select(one => one.GetProperty("event").GetString()));
        Assert.Equal(1, done[3].GetProperty("values").GetProperty("round").GetInt32());
        Assert.Equal(1, Assert.Single(asked).GetProperty("values").GetProperty("rounds").GetInt32());

        static bool IsOf(JsonElement told, string name) => told.GetProperty("event").GetString() == name;
    }
}
