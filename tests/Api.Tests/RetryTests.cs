using System.Net;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;

namespace FlDurable.Api.Tests;

/// <summary>A federation that has failed goes on once the cause is mended, over HTTP and by the command line.</summary>
public sealed class RetryTests : IDisposable
{
    private readonly TestFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task What_was_missing_is_put_there_and_the_federation_is_completed_under_its_id()
    {
        await using var host = await StartAsync();
        var failed = await FailAsync(host);

        Pictures.Write(folder["data"]);
        using var retried = await host.PostAsync("/api/federations/one/retry");
        var federation = await host.WaitAsync("one");

        Assert.Equal(HttpStatusCode.Accepted, retried.StatusCode);
        Assert.Equal(("completed", null), (federation.Status(), federation["failure"]));
        Assert.Equal(failed["failure"]!.GetValue<string>(), federation["pastFailures"]!.AsArray().Single()!["reason"]!.GetValue<string>());
        using var round = await host.GetAsync("/api/federations/one/rounds/0");
        Assert.StartsWith("retried: ", (await round.JsonAsync())["events"]!.AsArray().First()!.GetValue<string>(), StringComparison.Ordinal);
        using var over = await host.PostAsync("/api/federations/one/retry");
        Assert.Empty(await over.ProblemAsync(HttpStatusCode.Conflict));
    }

    [Fact]
    public async Task What_it_had_failed_of_tells_no_file_that_callers_may_not_name()
    {
        await using (var trusting = await StartAsync())
            await FailAsync(trusting);
        await using var host = await ApiHost.StartAsync(folder: folder.Path, needsKey: false);

        using var retried = await host.PostAsync("/api/federations/one/retry");
        var federation = await host.WaitAsync("one", federation => federation.Status() == "failed" && federation["pastFailures"] is not null);

        Assert.DoesNotContain(folder.Path, federation.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_command_line_retries_it_too_and_shows_what_it_had_failed_of()
    {
        await using (var host = await StartAsync())
            await FailAsync(host);
        string[] state = ["--state", folder["state"]];

        var again = await CommandLine.RunAsync(Cancel, ["retry", "one", .. state]);
        Pictures.Write(folder["data"]);
        var mended = await CommandLine.RunAsync(Cancel, ["retry", "--id", "one", .. state]);
        var shown = await CommandLine.RunAsync(Cancel, ["status", "one", .. state]);
        var over = await CommandLine.RunAsync(Cancel, ["retry", "one", .. state]);
        var json = await CommandLine.RunAsync(Cancel, ["status", "one", "--json", .. state]);
        var unknown = await CommandLine.RunAsync(Cancel, ["retry", "none", .. state]);

        Assert.Equal((1, 0, 0, 2, 2), (again.ExitCode, mended.ExitCode, shown.ExitCode, over.ExitCode, unknown.ExitCode));
        Assert.Contains($"fldurable retry one --state {folder["state"]}", again.Error, StringComparison.Ordinal);
        Assert.Equal(2, shown.Output.Split("failed in round 0 before it was retried: ").Length - 1);
        Assert.Contains("is completed: only one that has failed can be retried", over.Error, StringComparison.Ordinal);
        Assert.Equal(2, JsonNode.Parse(json.Output)!["pastFailures"]!.AsArray().Count);
    }

    [Fact]
    public async Task Of_each_end_somebody_is_told_by_an_id_of_its_own()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var host = await StartAsync(receiver);
        await FailAsync(host, ("notify", receiver.Url.ToString()));
        var first = await receiver.NextAsync();

        Pictures.Write(folder["data"]);
        using var retried = await host.PostAsync("/api/federations/one/retry");
        var second = await receiver.NextAsync();

        Assert.Equal(("one:notify", "one:notify-1"), (first.Headers["webhook-id"], second.Headers["webhook-id"]));
        Assert.Contains("federation.failed", first.Body, StringComparison.Ordinal);
        Assert.Contains("federation.completed", second.Body, StringComparison.Ordinal);
    }

    private Task<ApiHost> StartAsync(Receiver? receiver = null) => ApiHost.StartAsync(
        receiver is null ? null : NotifyTests.Tell, serverFiles: folder.Path, folder: folder.Path, needsKey: false);

    /// <summary>Starts a federation whose data is not there.</summary>
    private async Task<JsonObject> FailAsync(ApiHost host, params (string Field, JsonNode? Value)[] fields)
    {
        var failed = await host.FinishAsync(ApiHost.Spec("one", [("data", $"images:{folder["data"]}"), .. fields]));
        Assert.Equal("failed", failed.Status());
        return failed;
    }
}
