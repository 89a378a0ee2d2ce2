using System.Text.Json;
using System.Text.Json.Nodes;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;
using FlDurable.Shared.Storage;
using Microsoft.Data.Sqlite;

namespace FlDurable.LocalHost.Tests.State;

/// <summary>list, status, export and purge.</summary>
public sealed class StateCommandsTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task A_state_folder_without_federations_lists_none_and_is_not_made()
    {
        var run = await workplace.RunAsync("list");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Equal($"no federations in {workplace.State}, which is not there", Assert.Single(run.OutputLines));
        Assert.False(Directory.Exists(workplace.State));
    }

    [Fact]
    public async Task All_that_are_over_are_purged_at_once_and_with_terminate_the_others_too()
    {
        var none = await workplace.RunAsync("purge", "--all");
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.FinishFederationAsync("--id", "two", "--seed", "7");
        await workplace.StopFederationAsync("three");

        var both = await workplace.RunAsync("purge", "one", "--all");
        var over = await workplace.RunAsync("purge", "--all");
        var left = await workplace.RunAsync("list", "--quiet");
        var all = await workplace.RunAsync("purge", "--all", "--terminate", "--data");

        Assert.Equal((ExitCode.Done, "0 federations purged"), (none.ExitCode, Assert.Single(none.OutputLines)));
        Assert.Equal(ExitCode.BadUsage, both.ExitCode);
        Assert.Equal((ExitCode.Done, "2 federations purged; 1 not over: --terminate ends them first"), (over.ExitCode, over.OutputLines[^1]));
        Assert.Equal("three", Assert.Single(left.OutputLines));
        Assert.Equal(ExitCode.Done, all.ExitCode);
        Assert.Contains("1 federation purged", all.OutputLines);
        Assert.StartsWith("no federations in ", (await workplace.RunAsync("list")).OutputLines[0], StringComparison.Ordinal);
        Assert.Empty(Directory.Exists(Path.Combine(workplace.State, "artifacts", "datasets")) ? Directory.GetDirectories(Path.Combine(workplace.State, "artifacts", "datasets")) : []);
    }

    [Fact]
    public async Task A_list_has_what_every_filter_leaves_in_either_order_and_in_pages()
    {
        foreach (var id in (string[])["ward-1", "lab-1", "ward-2"])
            await workplace.FinishFederationAsync("--id", id);
        await workplace.StopFederationAsync("ward-3");
        var all = await ListAsync();
        string CreatedAt(string id) => all.Single(one => one.Id == id).CreatedAt;

        Assert.Equal(["ward-1", "lab-1", "ward-2", "ward-3"], all.Select(one => one.Id));
        Assert.Equal(["ward-3", "ward-2", "lab-1", "ward-1"], await IdsAsync("--order", "newest"));
        Assert.Equal(["ward-1", "ward-2"], await IdsAsync("--prefix", "ward-", "--status", "completed"));
        Assert.Equal(["ward-3"], await IdsAsync("--status", "interrupted,failed"));
        Assert.Equal(["ward-3"], await IdsAsync("--status", "interrupted", "--status", "failed"));
        Assert.Equal(["ward-2", "ward-3"], await IdsAsync("--created-after", CreatedAt("lab-1")));
        Assert.Equal(["ward-1"], await IdsAsync("--created-before", CreatedAt("lab-1")));
        Assert.Equal([], await IdsAsync("--status", "pending,running,terminated"));
        foreach (var order in (string[])["oldest", "newest"])
        {
            var whole = await IdsAsync("--order", order);
            var pages = new List<string>();
            for (string? token = ""; token is not null;)
            {
                var page = await workplace.RunAsync(["list", "--json", "--order", order, "--page-size", "3", .. (string[])(token.Length == 0 ? [] : ["--continuation-token", token])]);
                pages.AddRange(IdsIn(page.Output));
                token = page.ErrorLines is [var line] ? line.Split(' ')[^1] : null;
            }

            Assert.Equal(whole, pages);
        }

        async Task<IReadOnlyList<(string Id, string CreatedAt)>> ListAsync() =>
            [.. JsonNode.Parse((await workplace.RunAsync("list", "--json")).Output)!.AsArray().Select(one => ((string)one!["id"]!, (string)one["createdAt"]!))];
        async Task<IEnumerable<string>> IdsAsync(params string[] options) => IdsIn((await workplace.RunAsync(["list", "--json", .. options])).Output);
        static IEnumerable<string> IdsIn(string json) => JsonNode.Parse(json)!.AsArray().Select(one => (string)one!["id"]!);
    }

    [Theory]
    [InlineData("status")]
    [InlineData("suspend")]
    [InlineData("purge")]
    [InlineData("branch", "--round", "1")]
    [InlineData("export", "--out", "x.safetensors")]
    [InlineData("plot", "--out", "x.svg")]
    [InlineData("list", "--status")]
    public async Task However_long_a_name_is_its_error_is_a_line(string command, params string[] options)
    {
        var run = await workplace.RunAsync([command, .. options, new string('a', 100_000)]);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.InRange(run.Error.Length, 30, 400);
        Assert.Contains($"'{new string('a', 80)}…'", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--status", "over")]
    [InlineData("--order", "fastest")]
    [InlineData("--created-after", "yesterday")]
    [InlineData("--created-before", "2026-13-01")]
    [InlineData("--page-size", "0")]
    [InlineData("--continuation-token", "x")]
    [InlineData("--continuation-token", "1-A")]
    [InlineData("--continuation-token", "99999999999999999999-a")]
    public async Task What_a_list_can_not_be_asked_for_is_named(string option, string value)
    {
        var run = await workplace.RunAsync("list", option, value);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.StartsWith($"fldurable: {option}: expected ", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federations_are_listed_with_how_far_they_are()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.RunFederationAsync("--id", "two", "--learning-rate", "100", "--optimizer", "sgd", "--epochs", "5", "--round-attempts", "1");

        var run = await workplace.RunAsync("list");

        Assert.Matches(@"one\s+completed\s+2/2\s+0\.\d{4}\s+\d{4}-", run.Output);
        Assert.Matches(@"two\s+failed\s+0/2", run.Output);
    }

    [Fact]
    public async Task A_federation_whose_start_was_interrupted_is_told_from_one_that_runs()
    {
        await workplace.FinishFederationAsync("--id", "one");
        var name = ArtifactNames.Spec("one");
        var from = new FileArtifactStore(Path.Combine(workplace.State, "artifacts"));
        var spec = await from.ReadAsync((await from.FindAsync(name, TestContext.Current.CancellationToken))!, TestContext.Current.CancellationToken);
        var state = workplace["interrupted"];
        await new FileArtifactStore(Path.Combine(state, "artifacts")).PutAsync(name, spec, TestContext.Current.CancellationToken);

        var run = await Workplace.RunOnAsync(state, "status", "one");

        Assert.Equal("federation one: unstarted, 0 of 2 rounds", run.OutputLines[0]);
        Assert.StartsWith("its start was interrupted; to start it: fldurable run --id one", run.OutputLines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Federations_are_listed_as_json()
    {
        var none = await workplace.RunAsync("list", "--json");
        var result = await workplace.FinishFederationAsync("--id", "one");
        var one = await workplace.RunAsync("list", "--json");

        Assert.Equal("[]", Assert.Single(none.OutputLines));
        using var document = JsonDocument.Parse(one.Output);
        var listed = Assert.Single(document.RootElement.EnumerateArray());
        Assert.Equal(("one", "completed"), (listed.GetProperty("id").GetString(), listed.GetProperty("status").GetString()));
        Assert.Equal(2, listed.GetProperty("progress").GetProperty("round").GetInt32());
        Assert.Equal(
            result.Rounds[^1].CentralAccuracy,
            listed.GetProperty("progress").GetProperty("metrics").GetProperty("central").GetProperty("accuracy").GetDouble());
    }

    [Fact]
    public async Task A_purged_federation_is_gone_and_its_id_stays_taken()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.FinishFederationAsync("--id", "two");

        var purge = await workplace.RunAsync("purge", "one");

        Assert.Equal(ExitCode.Done, purge.ExitCode);
        Assert.Matches(@"^federation one is purged \(\d+\.\d MB\); its id stays taken$", Assert.Single(purge.OutputLines));
        Assert.DoesNotContain("\"one\"", (await workplace.RunAsync("list", "--json")).Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Path.Combine(workplace.State, "artifacts", "federations", "one")));
        Assert.False(Directory.Exists(Path.Combine(workplace.State, "artifacts", "updates", "one")));
        foreach (var command in (string[])["purge one", "status one", "export --id one --out x"])
        {
            var run = await workplace.RunAsync(command.Split(' '));
            Assert.Equal(ExitCode.BadUsage, run.ExitCode);
            Assert.Contains("federation 'one' was purged", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        }

        Assert.Equal(ExitCode.BadUsage, (await workplace.RunFederationAsync("--id", "one")).ExitCode);
        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("status", "two")).ExitCode);
    }

    [Fact]
    public async Task A_federation_that_is_not_over_is_purged_only_if_told_so()
    {
        await workplace.StopFederationAsync("one");

        var refused = await workplace.RunAsync("purge", "one");
        Assert.Equal((ExitCode.BadUsage, true), (refused.ExitCode, refused.Error.Contains("--terminate", StringComparison.Ordinal)));
        Assert.Contains("interrupted", (await workplace.RunAsync("list")).Output, StringComparison.Ordinal);

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("purge", "one", "--terminate")).ExitCode);
        Assert.Contains("no federations", (await workplace.RunAsync("list")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_purge_leaves_other_federations_as_they_are()
    {
        var expected = await workplace.FinishFederationAsync("--id", "one");
        await workplace.StopFederationAsync("two");

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("purge", "one")).ExitCode);

        Assert.Equal(expected.Model!.Sha256, (await workplace.FinishFederationAsync("--id", "two")).Model!.Sha256);
    }

    [Fact]
    public async Task Data_goes_with_the_last_federation_that_used_it()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.FinishFederationAsync("--id", "two");
        await workplace.FinishFederationAsync("--id", "other", "--seed", "7");
        Assert.Equal(2, Datasets.Count);

        Assert.Single((await workplace.RunAsync("purge", "one")).OutputLines);
        Assert.Equal(2, Datasets.Count);
        var last = await workplace.RunAsync("purge", "two");

        Assert.Matches(@"^the data that only it used is removed \(\d+\.\d MB\)$", last.OutputLines[1]);
        Assert.Single(Datasets);
        Assert.Equal(ExitCode.Done, (await workplace.RunFederationAsync("--id", "again", "--seed", "7")).ExitCode);
    }

    [Fact]
    public async Task Data_that_no_federation_uses_is_shown_and_purged_alone()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.RunAsync(
            "show", "--partition", "0", "--data", Workplace.Data, "--clients", "5", "--out", workplace["grid.png"]);
        var before = Assert.Single(Datasets.Except([await DatasetOfAsync("one")]));

        var list = await workplace.RunAsync("list");
        var purge = await workplace.RunAsync("purge", "--data");

        Assert.Matches(@"one\s+completed\s.*\s\d+\.\d MB", list.Output);
        Assert.Matches(@"^2 partitioned data sets: \d+\.\d MB, of which \d+\.\d MB are used by no federation: fldurable purge --data$", list.OutputLines[^1]);
        Assert.Matches(@"^1 data set that no federation uses: removed \(\d+\.\d MB\)$", Assert.Single(purge.OutputLines));
        Assert.DoesNotContain(before, Datasets);
        Assert.Matches(@"^1 partitioned data set: \d+\.\d MB$", (await workplace.RunAsync("list")).OutputLines[^1]);
    }

    [Fact]
    public async Task Data_is_kept_where_it_can_not_be_told_who_uses_it()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await File.WriteAllTextAsync(
            Path.Combine(workplace.State, "artifacts", "federations", "one", "spec.json"), "{", TestContext.Current.CancellationToken);

        var purge = await workplace.RunAsync("purge", "--data");

        Assert.Equal((ExitCode.BadUsage, 1), (purge.ExitCode, Datasets.Count));
        Assert.Contains("federations/one/spec.json", Assert.Single(purge.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_federation_is_purged_and_its_data_kept_where_another_ones_spec_is_damaged()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.FinishFederationAsync("--id", "two");
        await File.WriteAllTextAsync(
            Path.Combine(workplace.State, "artifacts", "federations", "two", "spec.json"), "{", TestContext.Current.CancellationToken);

        var purge = await workplace.RunAsync("purge", "one");

        Assert.Equal((ExitCode.Done, 1), (purge.ExitCode, Datasets.Count));
        Assert.Contains("its data is kept: it can't be told who uses it", purge.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_purge_of_nothing_is_refused()
    {
        Assert.Contains("expected the ID of a federation, --all or --data", Assert.Single((await workplace.RunAsync("purge")).ErrorLines), StringComparison.Ordinal);
        Assert.Contains("there is none", Assert.Single((await workplace.RunAsync("purge", "--data")).ErrorLines), StringComparison.Ordinal);
        Assert.False(Directory.Exists(workplace.State));
    }

    [Fact]
    public async Task A_purge_that_died_on_the_way_is_repeated()
    {
        await workplace.FinishFederationAsync("--id", "one");
        Directory.Delete(Path.Combine(workplace.State, "artifacts", "federations", "one"), recursive: true);

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("purge", "one")).ExitCode);
        Assert.Equal("[]", Assert.Single((await workplace.RunAsync("list", "--json")).OutputLines));
    }

    [Fact]
    public async Task Nothing_is_purged_where_another_process_is_at_work()
    {
        await workplace.FinishFederationAsync("--id", "one");
        using (File.Open(Path.Combine(workplace.State, "engine.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None))
            Assert.Equal(ExitCode.BadUsage, (await workplace.RunAsync("purge", "one")).ExitCode);

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("export", "--id", "one", "--out", workplace["model"])).ExitCode);
    }

    [Fact]
    public async Task The_status_of_a_federation_has_its_rounds()
    {
        var result = await workplace.FinishFederationAsync("--id", "one");

        var text = await workplace.RunAsync("status", "one");
        var json = await workplace.RunAsync("status", "one", "--json");

        Assert.Contains("federation one: completed, 2 of 2 rounds", text.Output, StringComparison.Ordinal);
        using var document = JsonDocument.Parse(json.Output);
        Assert.Equal("completed", document.RootElement.GetProperty("status").GetString());
        Assert.Equal(
            result.Rounds.Select(round => round.ParametersSha256),
            document.RootElement.GetProperty("rounds").EnumerateArray().Select(round => round.GetProperty("parametersSha256").GetString()));
    }

    [Fact]
    public async Task The_final_model_and_each_rounds_are_exported()
    {
        var result = await workplace.FinishFederationAsync("--id", "one");

        await workplace.RunAsync("export", "--id", "one", "--out", workplace["model.safetensors"]);
        await workplace.RunAsync("export", "one", "--round", "0", "--out", workplace["initial.safetensors"]);

        Assert.Equal(result.Model!.Sha256, Sha256Of("model.safetensors"));
        Assert.Equal(result.Rounds[0].ParametersSha256, Sha256Of("initial.safetensors"));
        Safetensors.Read(File.ReadAllBytes(workplace["model.safetensors"]), new NetworkRegistry().Get("cifar10-cnn").Usual.Layout);
    }

    [Fact]
    public async Task A_federation_is_watched_to_its_end()
    {
        await workplace.StopFederationAsync("one");
        var watching = workplace.RunAsync("status", "one", "--watch");
        var stopped = await workplace.RunAsync("status", "one");
        var run = await workplace.RunAsync("run", "one");

        var watched = await watching;

        Assert.Equal((ExitCode.Done, ExitCode.Done), (run.ExitCode, watched.ExitCode));
        Assert.Contains("federation one: interrupted, ", stopped.Output, StringComparison.Ordinal);
        Assert.StartsWith("interrupted, ", watched.Output, StringComparison.Ordinal);
        Assert.Contains("federation one: completed, 2 of 2 rounds", watched.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_broke_the_process_that_was_at_work_stays_to_be_read_and_the_next_takes_it_back()
    {
        const string reason = "RecordRound of stopped can't be done now: No space left on device";
        await workplace.StopFederationAsync("stopped");
        var before = await workplace.RunAsync("status", "stopped");
        File.WriteAllText(Path.Combine(workplace.State, "engine.alive"), $$"""{"":"{{reason}}"}""");

        var (status, json) = (await workplace.RunAsync("status", "stopped"), await workplace.RunAsync("status", "stopped", "--json"));
        var doctor = await workplace.RunAsync("doctor", "--urls", "http://127.0.0.1:0");
        await workplace.RunAsync("run", "stopped");
        var over = await workplace.RunAsync("status", "stopped");

        Assert.DoesNotContain("stopped: ", string.Concat(before.OutputLines.Skip(1)), StringComparison.Ordinal);
        Assert.Contains($"the last process at work here stopped: {reason}; once that is mended, to go on: fldurable run stopped --state {workplace.State}", status.OutputLines);
        Assert.Equal(reason, JsonElement.Parse(json.Output).GetProperty("interruption").GetString());
        Assert.Contains($"note    federations: 1 interrupted (stopped): the last process stopped: {reason}", doctor.OutputLines);
        Assert.DoesNotContain("process", over.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_there_is_no_sign_of_life_it_is_said_for_how_long_of_what_should_go_on_alone()
    {
        await workplace.FinishFederationAsync("--id", "over");
        await workplace.StopFederationAsync("stopped");
        File.SetLastWriteTimeUtc(Path.Combine(workplace.State, "engine.owner"), DateTime.UtcNow.AddHours(-1));
        File.SetLastWriteTimeUtc(Path.Combine(workplace.State, "engine.alive"), DateTime.UtcNow.AddMinutes(-43));

        var (stopped, over) = (await workplace.RunAsync("status", "stopped"), await workplace.RunAsync("status", "over"));
        var (list, csv) = (await workplace.RunAsync("list"), await workplace.RunAsync("list", "--csv"));

        Assert.StartsWith("federation stopped: interrupted, no sign of life for 43 min, ", stopped.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("sign of life", over.Output, StringComparison.Ordinal);
        Assert.Contains("interrupted, no sign of life for 43 min", list.Output, StringComparison.Ordinal);
        Assert.EndsWith(",silentSeconds,waiting", csv.OutputLines[0], StringComparison.Ordinal);
        Assert.Matches(",25[0-9]{2},$", csv.OutputLines.Single(line => line.StartsWith("stopped,", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_the_process_at_work_can_not_do_now_is_told()
    {
        await workplace.StopFederationAsync("stopped");
        await File.WriteAllTextAsync(Path.Combine(workplace.State, "engine.alive"), """{"stopped":"TrainClient: no space"}""", TestContext.Current.CancellationToken);
        File.SetLastWriteTimeUtc(Path.Combine(workplace.State, "engine.alive"), DateTime.UtcNow.AddHours(1)); // so that it is no old sign, however slow this machine is
        using var atWork = File.Open(Path.Combine(workplace.State, "engine.lock"), FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        var (status, list) = (await workplace.RunAsync("status", "stopped"), await workplace.RunAsync("list"));
        using var json = JsonDocument.Parse((await workplace.RunAsync("status", "stopped", "--json")).Output);

        Assert.StartsWith("federation stopped: running, 0 of 2 rounds\n", status.Output, StringComparison.Ordinal);
        Assert.Contains("\nwaiting: TrainClient: no space\n", status.Output, StringComparison.Ordinal);
        Assert.Contains("\nstopped waits: TrainClient: no space\n", list.Output, StringComparison.Ordinal);
        Assert.Equal("TrainClient: no space", json.RootElement.GetProperty("waiting").GetString());
    }

    [Fact]
    public async Task The_status_has_the_spec_with_every_default()
    {
        await workplace.FinishFederationAsync("--id", "one", "--learning-rate", "0.01");

        using var document = JsonDocument.Parse((await workplace.RunAsync("status", "one", "--json")).Output);

        var spec = document.RootElement.GetProperty("spec");
        Assert.Equal((0.01, 32, "adam"), (spec.GetProperty("learningRate").GetDouble(), spec.GetProperty("batchSize").GetInt32(), spec.GetProperty("optimizer").GetString()));
    }

    [Fact]
    public async Task A_federation_that_failed_has_no_model_and_says_which_round_to_export()
    {
        string[] diverging = ["--learning-rate", "100", "--optimizer", "sgd", "--epochs", "5", "--round-attempts", "1"];
        await workplace.RunFederationAsync(["--id", "one", .. diverging]);
        var run = await workplace.RunAsync("export", "--id", "one", "--out", workplace["model.safetensors"]);

        Assert.Equal((ExitCode.BadUsage, false), (run.ExitCode, File.Exists(workplace["model.safetensors"])));
        Assert.Contains("'one' failed and has no final model; --round 0 takes the parameters that it began with", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("export", "--id", "one", "--round", "0", "--out", workplace["initial"])).ExitCode);
    }

    [Fact]
    public async Task What_a_build_before_left_as_the_model_of_a_federation_that_failed_is_not_exported()
    {
        await workplace.RunFederationAsync("--id", "one", "--learning-rate", "100", "--optimizer", "sgd", "--epochs", "5", "--round-attempts", "1");
        File.Copy(Artifact("one/rounds/000000/global.safetensors"), Artifact("one/model.safetensors"));

        Assert.Equal(ExitCode.BadUsage, (await workplace.RunAsync("export", "--id", "one", "--out", workplace["model.safetensors"])).ExitCode);
    }

    [Theory]
    [InlineData("rounds/000001/global.safetensors", "--round 1", "rounds 0 and 2")]
    [InlineData("rounds/000001/record.json", "--round 1", "rounds 0 and 2")]
    [InlineData("model.safetensors", "", "rounds 0, 1 and 2")]
    public async Task What_is_damaged_is_not_exported(string artifact, string round, string whole)
    {
        await workplace.FinishFederationAsync("--id", "one");
        Damage($"one/{artifact}");

        var run = await workplace.RunAsync(["export", "--id", "one", "--out", workplace["model"], .. round.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);

        Assert.Equal((ExitCode.BadUsage, "", false), (run.ExitCode, run.Output, File.Exists(workplace["model"])));
        var line = Assert.Single(run.ErrorLines);
        Assert.Contains($"artifact 'federations/one/{artifact}' is damaged", line, StringComparison.Ordinal);
        Assert.EndsWith($"whole are the parameters of {whole}", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("last:1", 1, "any more: expected a round that its retention, last:1, keeps")]
    [InlineData("last:2", 1, "is missing: it was written, and is gone; whole are the parameters of round 2")]
    public async Task Of_parameters_that_are_not_there_it_is_told_whether_they_should_be(string retention, int round, string told)
    {
        await workplace.FinishFederationAsync("--id", "one", "--retention", retention);
        File.Delete(Artifact("one/rounds/000001/global.safetensors"));

        var run = await workplace.RunAsync("export", "one", "--round", $"{round}", "--out", workplace["model"]);

        Assert.Equal((ExitCode.BadUsage, false), (run.ExitCode, File.Exists(workplace["model"])));
        Assert.EndsWith(told, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_was_cut_is_not_exported()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await using (var file = File.OpenWrite(Artifact("one/rounds/000001/global.safetensors")))
            file.SetLength(100_000);

        var run = await workplace.RunAsync("export", "--id", "one", "--round", "1", "--out", workplace["model"]);

        Assert.Equal((ExitCode.BadUsage, false), (run.ExitCode, File.Exists(workplace["model"])));
        Assert.Contains("its 100000 bytes have SHA-256", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_damaged_result_or_record_is_told_by_the_status()
    {
        await workplace.FinishFederationAsync("--id", "one");
        Damage("one/result.json");
        Damage("one/rounds/000001/record.json");

        var text = await workplace.RunAsync("status", "one");
        using var json = JsonDocument.Parse((await workplace.RunAsync("status", "one", "--json")).Output);

        Assert.Contains("damaged: artifact 'federations/one/result.json'", text.Output, StringComparison.Ordinal);
        Assert.Contains("damaged: artifact 'federations/one/rounds/000001/record.json'", text.Output, StringComparison.Ordinal);
        Assert.Equal([0, 2], json.RootElement.GetProperty("rounds").EnumerateArray().Select(round => round.GetProperty("round").GetInt32()));
        Assert.Equal(2, json.RootElement.GetProperty("damage").GetArrayLength());
        Assert.Equal(ExitCode.BadUsage, (await workplace.RunAsync("run", "--id", "one")).ExitCode);
    }

    [Fact]
    public async Task Data_that_show_or_train_central_uses_is_not_removed_meanwhile()
    {
        await workplace.FinishFederationAsync("--id", "one");
        var state = new StateFolder(workplace.State, IsNamed: true);

        using (DataUse.Begin(state))
        using (DataUse.Begin(state))
        {
            var purge = await workplace.RunAsync("purge", "one");
            var purgeData = await workplace.RunAsync("purge", "--data");

            Assert.Equal((ExitCode.Done, ExitCode.BadUsage), (purge.ExitCode, purgeData.ExitCode));
            Assert.Equal("its data is kept: show or train-central is using data here; purge --data removes it later", Assert.Single(purge.ErrorLines));
            Assert.Contains("--data: show or train-central is using data here", Assert.Single(purgeData.ErrorLines), StringComparison.Ordinal);
            Assert.Single(Datasets);
        }

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("purge", "--data")).ExitCode);
        Assert.Empty(Datasets);
    }

    [Theory]
    [InlineData("show --out -")]
    [InlineData("train-central --epochs 1")]
    public async Task While_data_is_removed_none_is_used(string command)
    {
        Directory.CreateDirectory(workplace.State);
        string[] arguments = [.. command.Split(' '), "--partition", "0", "--data", Workplace.Data, "--clients", "3"];
        using (DataUse.TryTakeAlone(new StateFolder(workplace.State, IsNamed: true)))
        {
            var refused = await workplace.RunAsync(arguments);
            Assert.Equal(ExitCode.BadUsage, refused.ExitCode);
            Assert.Contains($"data is being removed from the state folder '{workplace.State}'", Assert.Single(refused.ErrorLines), StringComparison.Ordinal);
        }

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync(arguments)).ExitCode);
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("rounds/000001/record.json")]
    public async Task What_is_damaged_of_a_completed_federation_is_told_by_the_status(string artifact)
    {
        await workplace.FinishFederationAsync("--id", "one");
        Damage($"one/{artifact}");

        var text = await workplace.RunAsync("status", "one");
        using var json = JsonDocument.Parse((await workplace.RunAsync("status", "one", "--json")).Output);

        Assert.Contains($"damaged: artifact 'federations/one/{artifact}'", text.Output, StringComparison.Ordinal);
        Assert.Contains($"artifact 'federations/one/{artifact}'", Assert.Single(json.RootElement.GetProperty("damage").EnumerateArray()).GetString(), StringComparison.Ordinal);
        Assert.Equal([0, 1, 2], json.RootElement.GetProperty("rounds").EnumerateArray().Select(round => round.GetProperty("round").GetInt32()));
    }

    [Fact]
    public async Task A_damaged_spec_is_told()
    {
        await workplace.FinishFederationAsync("--id", "one");
        var spec = await File.ReadAllTextAsync(Artifact("one/spec.json"), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Artifact("one/spec.json"), spec.Replace("0.001", "0.003", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        foreach (var command in (string[])["status one", "run --id one", "export --id one --out x"])
        {
            var run = await workplace.RunAsync(command.Split(' '));
            Assert.Equal(ExitCode.BadUsage, run.ExitCode);
            Assert.Contains("artifact 'federations/one/spec.json' is damaged", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        }

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("purge", "one")).ExitCode);
    }

    [Fact]
    public async Task A_spec_that_is_gone_is_told_and_nothing_takes_its_place()
    {
        var result = await workplace.FinishFederationAsync("--id", "one");
        File.Delete(Artifact("one/spec.json"));

        foreach (var command in (string[])["status one", "run --id one", "run --id one --seed 7 --data " + Workplace.Data, "export --id one --out x"])
        {
            var run = await workplace.RunAsync(command.Split(' '));
            Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
            Assert.Contains("artifact 'federations/one/spec.json' is missing", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        }

        Assert.False(File.Exists(Artifact("one/spec.json")));
        Directory.Delete(Artifact("one/rounds"), recursive: true);
        foreach (var database in Directory.EnumerateFiles(workplace.State, "engine.*"))
            File.Delete(database);
        Assert.Contains("spec.json' is missing", (await workplace.RunAsync("run", "--id", result.Id)).Error, StringComparison.Ordinal);
        Assert.Contains("spec.json' is missing", (await workplace.RunAsync("status", result.Id)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_is_gone_is_told_and_the_later_rounds_are_shown()
    {
        await workplace.FinishFederationAsync("--id", "one");
        File.Delete(Artifact("one/result.json"));
        File.Delete(Artifact("one/rounds/000001/record.json"));

        using var json = JsonDocument.Parse((await workplace.RunAsync("status", "one", "--json")).Output);

        Assert.Equal([0, 2], json.RootElement.GetProperty("rounds").EnumerateArray().Select(round => round.GetProperty("round").GetInt32()));
        Assert.Contains(
            "'federations/one/rounds/000001/record.json' is missing", Assert.Single(json.RootElement.GetProperty("damage").EnumerateArray()).GetString(),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_damaged_stops_the_run_which_goes_on_without_it()
    {
        await workplace.StopFederationAsync("one");
        await using (var database = new SqliteConnection($"Data Source={Path.Combine(workplace.State, "engine.db")};Pooling=False"))
        {
            await database.OpenAsync(TestContext.Current.CancellationToken);
            await using var command = database.CreateCommand();
            command.CommandText = "UPDATE history SET payload = replace(payload, 'spec', 'spea')";
            Assert.NotEqual(0, await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        }

        var run = await workplace.RunAsync("run", "--id", "one");

        Assert.Equal((ExitCode.BadUsage, false), (run.ExitCode, File.Exists(Artifact("one/result.json"))));
        Assert.Contains(
            $"fldurable: '{Path.Combine(workplace.State, "engine.db")}' is damaged: the history of 'one' can't be gone on with, event 0 is not what was written",
            Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(workplace.State, "engine.db*"))
            File.Delete(file);
        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("run", "--id", "one")).ExitCode);
    }

    [Theory]
    [InlineData("engine.db")]
    [InlineData("new")]
    [InlineData("artifacts/federations/one/spec.json")]
    public async Task Nothing_is_written_into_the_state_folder(string file)
    {
        await workplace.FinishFederationAsync("--id", "one");
        var target = Path.Combine(workplace.State, file);
        var before = File.Exists(target) ? await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken) : null;
        var link = File.CreateSymbolicLink(workplace["link"], target).FullName;
        var folder = Directory.CreateSymbolicLink(workplace["folder"], workplace.State).FullName;

        foreach (var path in (string[])[target, link, Path.Combine(folder, file), Path.Combine(workplace.State, "artifacts", "..", file)])
        {
            var export = await workplace.RunAsync("export", "--id", "one", "--out", path);
            Assert.Equal((ExitCode.BadUsage, ""), (export.ExitCode, export.Output));
            Assert.Contains($"--out: '{path}' is in the state folder", Assert.Single(export.ErrorLines), StringComparison.Ordinal);
            var show = await workplace.RunAsync("show", "--partition", "0", "--data", Workplace.Data, "--clients", "3", "--out", path);
            Assert.Contains($"--out: '{path}' is in the state folder", Assert.Single(show.ErrorLines), StringComparison.Ordinal);
        }

        Assert.Equal(before, File.Exists(target) ? await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken) : null);
    }

    [Theory]
    [InlineData("status none", "there is no federation 'none'")]
    [InlineData("status NONE", "id: expected 1 to 40")]
    [InlineData("purge none", "there is no federation 'none'")]
    [InlineData("export --id none --out x", "there is no federation 'none'")]
    [InlineData("export --id one --round 3 --out x", "--round: federation 'one' has rounds 0 to 2, got 3")]
    [InlineData("export --id one --round -1 --out x", "--round: expected a whole number from 0")]
    [InlineData("export --id one", "--out")]
    [InlineData("export --id one --out /none/model.safetensors", "/none/model.safetensors")]
    [InlineData("export --id one --out ", "--out: '' can't be written")]
    public async Task What_is_not_there_is_named(string arguments, string message)
    {
        await workplace.FinishFederationAsync("--id", "one");

        var run = await workplace.RunAsync(arguments.Split(' '));

        Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    private IReadOnlyList<string> Datasets =>
        [.. Directory.EnumerateDirectories(Path.Combine(workplace.State, "artifacts", "datasets")).Select(folder => Path.GetFileName(folder))];

    private async Task<string> DatasetOfAsync(string id)
    {
        var status = await workplace.RunAsync("status", id, "--json");
        using var document = JsonDocument.Parse(status.Output);
        return document.RootElement.GetProperty("dataset").GetProperty("digest").GetString()!;
    }

    private string Artifact(string name) => Path.Combine(workplace.State, "artifacts", "federations", name);

    /// <summary>Changes one character in the middle, so that the text stays JSON where it was.</summary>
    private void Damage(string name)
    {
        var content = File.ReadAllBytes(Artifact(name));
        var ofRecord = content.AsSpan().IndexOf("\"datasetDigest\""u8); // times, which are in a record's middle, no seal has
        var digit = Array.FindIndex(content, ofRecord >= 0 ? ofRecord : content.Length / 2, value => value is >= (byte)'0' and <= (byte)'9');
        content[digit] = (byte)(content[digit] == '1' ? '2' : '1');
        File.WriteAllBytes(Artifact(name), content);
    }

    private string Sha256Of(string file) =>
        Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(workplace[file])));
}
