using System.Data.Common;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using FlDurable.Api.Tests.Support;
using FlDurable.Azurite;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Places;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;
using FlDurable.Shared.Storage;

namespace FlDurable.Api.Tests;

/// <summary>Artifacts in a storage account in place of the state folder.</summary>
public sealed class BlobStorageTests(BlobStorageTests.Account account) : IClassFixture<BlobStorageTests.Account>, IDisposable
{
    private const string Nobody = "AccountName=someone;AccountKey=c2VjcmV0c2VjcmV0;BlobEndpoint=http://127.0.0.1:9/someone";

    private readonly TestFolder folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_run_comes_to_the_same_bits_in_blob_storage_as_in_the_state_folder()
    {
        var id = NewId();
        var inFolder = await RunAsync("run", "--id", id, "--state", folder["files"]);
        var inBlobs = await RunAsync("run", "--id", id, "--state", folder["blobs"], "--storage", account.Connection);

        Assert.Equal(Parameters(inFolder), Parameters(inBlobs));
        Assert.Equal(3, Parameters(inBlobs).Count);
        Assert.False(Directory.Exists(Path.Combine(folder["blobs"], "artifacts")));
        Assert.NotNull(await ArtifactStorage.Open(account.Connection).FindAsync(ArtifactNames.Model(id), Cancel));
    }

    [Fact]
    public async Task What_a_run_has_written_it_does_not_read_from_blob_storage()
    {
        var id = NewId();
        using var requests = new SentRequests(id);
        await RunAsync("run", "--id", id, "--state", folder["state"], "--storage", account.Connection);

        Assert.Contains(requests.All, request => request.Method == "PUT" && request.Path.EndsWith($"/federations/{id}/spec.json", StringComparison.Ordinal));
        Assert.DoesNotContain(requests.All, request => request.Method == "GET");
    }

    [Fact]
    public async Task Every_command_finds_what_is_in_blob_storage()
    {
        var id = NewId();
        var result = await RunAsync("run", "--id", id, "--state", folder["state"], "--storage", account.Connection);

        var status = await CommandAsync("status", id, "--json");
        var export = await CommandAsync("export", "--id", id, "--out", folder["model.safetensors"]);
        var list = await CommandAsync("list");
        var again = await CommandAsync("run", "--id", id, "--json");

        Assert.Equal("completed", JsonNode.Parse(status.Output)!["status"]!.GetValue<string>());
        Assert.Equal(0, export.ExitCode);
        Assert.Equal(Parameters(result)[^1], Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(folder["model.safetensors"], Cancel))));
        Assert.Contains(id, list.Output, StringComparison.Ordinal);
        Assert.Equal(Parameters(result), Parameters(ContractJson.Deserialize<FederationResult>(again.Output)));

        Task<CommandRun> CommandAsync(params string[] arguments) =>
            CommandLine.RunAsync(Cancel, [.. arguments, "--state", folder["state"], "--storage", account.Connection]);
    }

    [Fact]
    public async Task A_run_that_is_stopped_says_how_to_go_on_and_goes_on_with_what_is_in_blob_storage()
    {
        var id = NewId();
        string[] run = ["run", "--id", id, "--data", SmallData.Name, "--clients", "3", "--rounds", "50"];
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        await using var output = new Lines();
        await using var error = new StringWriter();
        var running = CommandLine.RunAsync(output, error, stop.Token, [.. run, "--state", folder["blobs"], "--storage", account.Connection]);
        await output.NextAsync("round 2/50");
        await stop.CancelAsync();

        Assert.Equal(ExitCode.Interrupted, await running);
        Assert.Contains($"fldurable run --id {id} --state {folder["blobs"]} --storage CONNECTION", error.ToString(), StringComparison.Ordinal);
        var goneOn = await CommandLine.RunAsync(Cancel, "run", "--id", id, "--state", folder["blobs"], "--storage", account.Connection, "--json");
        Assert.Contains("going on after round", goneOn.Error, StringComparison.Ordinal);
        var inFolder = await CommandLine.RunAsync(Cancel, [.. run, "--state", folder["files"], "--json"]);
        Assert.Equal(
            Parameters(ContractJson.Deserialize<FederationResult>(inFolder.Output)), Parameters(ContractJson.Deserialize<FederationResult>(goneOn.Output)));
    }

    [Fact]
    public async Task A_state_folder_keeps_to_the_place_that_its_artifacts_are_in()
    {
        var id = NewId();
        var elsewhere = "https://127.0.0.1:9/elsewhere";
        await RunAsync("run", "--id", id, "--state", folder["blobs"], "--storage", account.Connection);
        await RunAsync("run", "--id", id, "--state", folder["files"]);

        foreach (var command in (string[][])[["run", "--id", id], ["status", id], ["export", "--id", id, "--out", "x"], ["serve", "--urls", "http://127.0.0.1:0"]])
        {
            var forgotten = await CommandLine.RunAsync(Cancel, [.. command, "--state", folder["blobs"]]);
            var another = await CommandLine.RunAsync(Cancel, [.. command, "--state", folder["blobs"], "--storage", elsewhere]);
            var added = await CommandLine.RunAsync(Cancel, [.. command, "--state", folder["files"], "--storage", account.Connection]);

            Assert.Equal([ExitCode.BadUsage, ExitCode.BadUsage, ExitCode.BadUsage], [forgotten.ExitCode, another.ExitCode, added.ExitCode]);
            Assert.Contains($"has its artifacts in {ArtifactStorage.Open(account.Connection).Address}", forgotten.Error, StringComparison.Ordinal);
            Assert.Equal(forgotten.Error, another.Error);
            Assert.Contains("has its artifacts in itself", added.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_state_folder_without_a_federation_is_bound_to_no_place()
    {
        var id = NewId();
        var failed = await CommandLine.RunAsync(
            Cancel, "run", "--id", id, "--state", folder["state"], "--storage", account.Connection, "--data", folder["nothing"]);
        await RunAsync("run", "--id", id, "--state", folder["state"]);

        Assert.Equal(ExitCode.BadUsage, failed.ExitCode);
        Assert.Equal(ExitCode.Done, (await CommandLine.RunAsync(Cancel, "status", id, "--state", folder["state"])).ExitCode);
    }

    [Fact]
    public async Task A_storage_that_nobody_answers_for_is_told_before_anything_is_begun()
    {
        foreach (var command in (string[][])[["run", "--data", SmallData.Name], ["serve", "--urls", "http://127.0.0.1:0"]])
        {
            var run = await CommandLine.RunAsync(Cancel, [.. command, "--state", folder["state"], "--storage", Nobody]);

            Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
            Assert.StartsWith("fldurable: nothing can be read from http://127.0.0.1:9/someone/fldurable: ", run.Error, StringComparison.Ordinal);
            Assert.Single(run.Error.Trim().Split('\n'));
            Assert.DoesNotContain("c2VjcmV0", run.Error, StringComparison.Ordinal);
            Assert.False(Directory.Exists(folder["state"]));
        }
    }

    [Fact]
    public async Task The_connection_is_in_no_file_and_no_log()
    {
        var run = await CommandLine.RunAsync(
            Cancel, "run", "--state", folder["state"], "--storage", account.Connection, "--data", SmallData.Name, "--clients", "3", "--rounds", "1",
            "--verbose");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        var key = new DbConnectionStringBuilder { ConnectionString = account.Connection }["AccountKey"].ToString()!;
        Assert.All(
            [run.Output, run.Error, .. Directory.GetFiles(folder["state"], "*", SearchOption.AllDirectories).Select(File.ReadAllText)],
            text => Assert.DoesNotContain(key, text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("AccountName=someone;AccountKey=c2VjcmV0c2VjcmV0;nonsense")]
    [InlineData("c2VjcmV0c2VjcmV0")]
    [InlineData("https://someone.blob.core.windows.net/?sig=c2VjcmV0c2VjcmV0")]
    [InlineData("http://c2VjcmV0c2VjcmV0.blob.core.windows.net/")]
    public async Task A_connection_that_is_not_understood_is_refused_and_not_repeated(string connection)
    {
        var run = await CommandLine.RunAsync(Cancel, "run", "--state", folder["state"], "--storage", connection);

        Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
        Assert.Contains("expected UseDevelopmentStorage=true", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("c2VjcmV0", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("UseDevelopmentStorage=true", "UseDevelopmentStorage=true")]
    [InlineData("https://someone.blob.core.windows.net", "https://someone.blob.core.windows.net")]
    [InlineData(Nobody, "CONNECTION")]
    public void A_connection_is_shown_where_it_holds_no_secret(string connection, string shown)
    {
        Assert.Equal(shown, StorageConnection.Of(connection, _ => null)!.ToString());
        Assert.DoesNotContain("c2VjcmV0", $"{new StateFolder("x", IsNamed: true) { Storage = StorageConnection.Of(connection, _ => null) }}", StringComparison.Ordinal);
    }

    [Fact]
    public void The_connection_that_is_named_comes_before_the_environments()
    {
        Func<string, string?> environment = variable => variable == StorageConnection.Variable ? "UseDevelopmentStorage=true" : null;

        Assert.Equal(("https://x.y", true), Of("https://x.y", environment));
        Assert.Equal(("UseDevelopmentStorage=true", false), Of(null, environment));
        Assert.Null(StorageConnection.Of(null, _ => null));

        static (string, bool) Of(string? named, Func<string, string?> environment)
        {
            var connection = StorageConnection.Of(named, environment)!;
            return (connection.ToString(), connection.IsNamed);
        }
    }

    [Fact(Timeout = 240_000)]
    public async Task A_round_in_whose_middle_the_storage_goes_away_and_comes_back_comes_to_the_same_bits()
    {
        var cancel = TestContext.Current.CancellationToken;
        var undisturbed = await RunAsync("run", "--id", "outage", "--state", folder["files"]);
        await using var emulator = await TestStorage.StartEmulatorAsync(cancel);
        using var middle = new MiddleOfARound();
        await using var host = await ApiHost.StartAsync(middle.Configure, storage: emulator.ConnectionString);
        using var started = await host.StartAsync(ApiHost.Spec("outage"));
        Assert.Equal(HttpStatusCode.Accepted, started.StatusCode);

        await middle.Reached.WaitAsync(cancel);
        await emulator.StopAsync(cancel);
        using var retried = new RetriedRequests();
        middle.GoOn();
        await retried.Next.WaitAsync(cancel);
        await emulator.StartAsync(cancel);

        var federation = await host.WaitAsync("outage");
        Assert.Equal("completed", federation.Status());
        Assert.Equal(Parameters(undisturbed), federation.Parameters());
        Assert.All(federation["rounds"]!.AsArray(), round => Assert.Equal(0, round!["failureCount"]!.GetValue<int>()));
    }

    private static string NewId() => $"{Guid.NewGuid():N}";

    private static List<string> Parameters(FederationResult result) => [.. result.Rounds.Select(round => round.ParametersSha256)];

    private static async Task<FederationResult> RunAsync(params string[] arguments)
    {
        var run = await CommandLine.RunAsync(Cancel, [.. arguments, "--data", SmallData.Name, "--clients", "3", "--rounds", "2", "--json"]);
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        return ContractJson.Deserialize<FederationResult>(run.Output);
    }

    /// <summary>A storage account for these tests.</summary>
    public sealed class Account : IAsyncLifetime
    {
        private TestStorage? storage;

        public string Connection => storage!.ConnectionString;

        public async ValueTask InitializeAsync() => storage = await TestStorage.OpenAsync(Cancel);

        public async ValueTask DisposeAsync()
        {
            if (storage is not null)
                await storage.DisposeAsync();
        }
    }
}
