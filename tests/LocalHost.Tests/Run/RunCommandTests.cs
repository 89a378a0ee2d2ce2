using System.IO.Compression;
using System.Text.Json;
using FlDurable.EmbeddedEngine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Orchestrator;
using FlDurable.Shared.Json;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Records;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;

namespace FlDurable.LocalHost.Tests.Run;

public sealed class RunCommandTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task With_json_stdout_is_one_document_and_everything_else_is_on_stderr()
    {
        var run = await workplace.RunFederationAsync("--json", "--id", "one");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        using var document = JsonDocument.Parse(run.Output);
        var result = ContractJson.Deserialize<FederationResult>(run.Output);
        Assert.Equal(("one", FederationStatus.Completed, 3), (result.Id, result.Status, result.Clients));
        Assert.Equal([0, 1, 2], result.Rounds.Select(round => round.Round));
        Assert.Equal((3, 2, 0.001), (result.Spec!.Clients, result.Spec.Rounds, result.Spec.LearningRate));
        Assert.NotNull(result.Rounds[0].CentralAccuracy);
        Assert.All(result.Rounds.Skip(1), round => Assert.Equal(3, round.Participants.Count(client => client.Examples == 72)));
        Assert.StartsWith("data: synthetic", run.ErrorLines[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_federation_that_was_suspended_is_resumed()
    {
        await workplace.StopFederationAsync("one");
        await SuspendAsync("one");
        Assert.Contains("suspended", (await workplace.RunAsync("list")).Output, StringComparison.Ordinal);

        var run = await workplace.RunFederationAsync("--id", "one");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Contains("it was suspended, and is resumed", run.OutputLines);
    }

    [Fact]
    public async Task Without_a_screen_there_is_a_line_a_round_and_then_the_table()
    {
        var run = await workplace.RunFederationAsync();

        Assert.StartsWith("data: synthetic", run.OutputLines[0], StringComparison.Ordinal);
        Assert.Equal(3, run.OutputLines.Count(line => line.StartsWith("round ", StringComparison.Ordinal)));
        Assert.Contains(run.OutputLines, line => line.StartsWith("round 2/2  fit loss ", StringComparison.Ordinal));
        Assert.Contains("federated accuracy", run.Output, StringComparison.Ordinal);
        Assert.Empty(run.Error);
    }

    [Fact]
    public async Task With_timings_it_ends_with_what_the_time_went_into()
    {
        var run = await workplace.RunFederationAsync("--json", "--timings");

        ContractJson.Deserialize<FederationResult>(run.Output);
        string[] parts = ["from the start", "start-up", "data set", "training", "evaluation", "aggregation", "result"];
        Assert.All(run.ErrorLines[^parts.Length..].Zip(parts), line => Assert.Matches($@"^ *\d+\.\d\d s {line.Second}", line.First));
    }

    [Fact]
    public async Task A_spec_from_a_file_is_overridden_by_options()
    {
        var file = workplace.Write("spec.json", $$"""{"id":"filed","data":"{{Workplace.Data}}","clients":2,"rounds":1,"seed":5}""");

        var run = await workplace.RunAsync("run", file, "--seed", "6", "--json");

        var result = ContractJson.Deserialize<FederationResult>(run.Output);
        Assert.Equal(("filed", 2, 6L), (result.Id, result.Clients, result.Seed));
    }

    [Fact]
    public async Task A_finished_federation_prints_its_result_again()
    {
        var first = await workplace.RunFederationAsync("--id", "one", "--json");
        var again = await workplace.RunFederationAsync("--id", "one", "--json");
        var byId = await workplace.RunAsync("run", "--id", "one", "--json");
        var byName = await workplace.RunAsync("run", "one", "--json");
        var byNameWithOption = await workplace.RunAsync("run", "one", "--rounds", "2", "--json");

        Assert.All([again, byId, byName, byNameWithOption], run => Assert.Equal(first.Output, run.Output));
        Assert.Contains("it is over; this is how it ended", byId.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_same_id_with_another_spec_is_refused_with_what_differs()
    {
        await workplace.FinishFederationAsync("--id", "one");

        var run = await workplace.RunFederationAsync("--id", "one", "--seed", "7", "--epochs", "2", "--json");

        Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
        Assert.Contains("epochs is 1, not 2, seed is 42, not 7", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_activity_at_a_time_and_four_give_the_same_bits()
    {
        var one = await workplace.FinishFederationAsync("--parallel", "1", "--cohort-size", "1");
        var four = await workplace.FinishFederationAsync("--parallel", "4", "--cohort-size", "2");
        var auto = await workplace.FinishFederationAsync("--cohort-size", "auto");

        Assert.Equal(one.Rounds.Select(round => round.ParametersSha256), four.Rounds.Select(round => round.ParametersSha256));
        Assert.Equal(one.Rounds.Select(round => round.ParametersSha256), auto.Rounds.Select(round => round.ParametersSha256));
    }

    /// <summary>The bits of Lanes are the same on every machine. Where they are to change, the orchestrations' version does, and CHANGELOG.md says why.</summary>
    [Fact]
    public async Task The_tutorials_federation_has_the_bits_that_it_had_in_releases_before()
    {
        var result = await workplace.FinishFederationAsync();

        Assert.Equal("0446531f0041bd56f1adbd892beb2a457d4c3173713de8c175f3e3bb2d8e71f5", result.Model!.Sha256);
    }

    [Fact]
    public async Task Another_seed_gives_other_bits()
    {
        var one = await workplace.FinishFederationAsync("--seed", "1");
        var two = await workplace.FinishFederationAsync("--seed", "2");

        Assert.NotEqual(one.Model!.Sha256, two.Model!.Sha256);
    }

    [Fact]
    public async Task A_federation_that_fails_prints_its_result_and_says_why()
    {
        var run = await workplace.RunFederationAsync(
            "--optimizer", "sgd", "--learning-rate", "100", "--epochs", "5", "--round-attempts", "1", "--json");

        Assert.Equal(ExitCode.Failed, run.ExitCode);
        var result = ContractJson.Deserialize<FederationResult>(run.Output);
        Assert.Equal(FederationStatus.Failed, result.Status);
        Assert.Contains("the training diverged", result.Failure, StringComparison.Ordinal);
        Assert.Contains("the training diverged", run.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Equal(["client-0", "client-1", "client-2"], result.MissingClients!.Select(missing => missing.Client));
    }

    [Fact]
    public async Task A_federation_goes_on_from_another_ones_model()
    {
        var first = await workplace.FinishFederationAsync("--id", "one");
        await workplace.RunAsync("export", "--id", "one", "--out", workplace["model.safetensors"]);

        var second = await workplace.FinishFederationAsync("--initial", workplace["model.safetensors"]);

        Assert.Equal(first.Rounds[^1].ParametersSha256, second.Rounds[0].ParametersSha256);
        Assert.Equal(first.Rounds[^1].CentralLoss, second.Rounds[0].CentralLoss);
    }

    [Fact]
    public async Task A_model_of_another_precision_is_converted_and_that_is_said()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.RunAsync("export", "--id", "one", "--out", workplace["model.safetensors"]);
        var layout = new NetworkRegistry().Get("cifar10-cnn").Usual.Layout;
        var values = Safetensors.Read(await File.ReadAllBytesAsync(workplace["model.safetensors"], TestContext.Current.CancellationToken), layout).Values;
        await File.WriteAllBytesAsync(
            workplace["double.safetensors"], Safetensors.Write<double>(layout, Array.ConvertAll(values.ToArray(), value => (double)value)), TestContext.Current.CancellationToken);

        var same = await workplace.FinishFederationAsync("--id", "two", "--initial", workplace["model.safetensors"]);
        var converted = await workplace.RunFederationAsync("--id", "three", "--initial", workplace["double.safetensors"]);
        var third = await workplace.RunAsync("status", "three", "--json");

        Assert.Equal(ExitCode.Done, converted.ExitCode);
        Assert.Contains($"initial: {workplace["double.safetensors"]}: F64 converted to F32", converted.OutputLines);
        Assert.Contains(same.Rounds[0].ParametersSha256, third.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_checkpoint_that_asks_for_more_than_tensors_is_refused_with_the_name()
    {
        await using (var archive = await ZipFile.OpenAsync(workplace["model.pt"], ZipArchiveMode.Create, TestContext.Current.CancellationToken))
        await using (var pickle = await archive.CreateEntry("model/data.pkl").OpenAsync(TestContext.Current.CancellationToken))
            pickle.Write([0x80, 2, .. "cos\nsystem\n)R."u8]);

        var run = await workplace.RunFederationAsync("--initial", workplace["model.pt"]);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("model.pt' is a checkpoint of PyTorch that can't be read: it asks for 'os.system'", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_branch_has_the_spec_of_the_federation_that_it_branches_from_but_for_what_is_given()
    {
        var first = await workplace.FinishFederationAsync("--id", "one", "--learning-rate", "0.01", "--batch-size", "16");

        var run = await workplace.RunAsync(
            "run", "--id", "two", "--initial", "federations/one/rounds/000001/global.safetensors", "--batch-size", "8", "--rounds", "1", "--json");

        var second = ContractJson.Deserialize<FederationResult>(run.Output);
        Assert.Equal(first.Rounds[1].ParametersSha256, second.Rounds[0].ParametersSha256);
        Assert.Equal(
            first.Spec! with { Id = "two", BatchSize = 8, Rounds = 1, Initial = "federations/one/rounds/000001/global.safetensors" }, second.Spec);
    }

    [Fact]
    public async Task A_branch_goes_on_when_the_federation_that_it_branched_from_is_gone()
    {
        await workplace.FinishFederationAsync("--id", "one");
        var file = workplace.Write("branch.json", """{"id":"two","rounds":1,"initial":"federations/one/rounds/000001/global.safetensors"}""");
        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("run", file)).ExitCode);
        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("purge", "one")).ExitCode);

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("run", file)).ExitCode);
        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("run", "--id", "two")).ExitCode);
    }

    [Fact]
    public async Task No_branch_begins_from_damaged_parameters()
    {
        await workplace.FinishFederationAsync("--id", "one");
        var global = Path.Combine(workplace.State, "artifacts", "federations", "one", "rounds", "000001", "global.safetensors");
        await using (var file = File.OpenWrite(global))
        {
            file.Position = 100_000;
            file.Write([1, 2, 3, 4]);
        }

        var run = await workplace.RunAsync("run", "--id", "two", "--initial", "federations/one/rounds/000001/global.safetensors");

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.EndsWith("whole are the parameters of rounds 0 and 2", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.Contains("there is no federation 'two'", (await workplace.RunAsync("status", "two")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_initial_file_is_refused_by_its_length_alone()
    {
        await using (var file = File.Create(workplace["long.safetensors"]))
            file.SetLength(100L << 30);

        var run = await workplace.RunFederationAsync("--initial", workplace["long.safetensors"]);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("has 107374182400 bytes, the parameters of the largest network and an optimizer's state take 1074790400", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_initial_file_may_be_gone_once_the_federation_has_it()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.RunAsync("export", "--id", "one", "--out", workplace["model.safetensors"]);
        await workplace.FinishFederationAsync("--id", "two", "--initial", workplace["model.safetensors"]);
        File.Delete(workplace["model.safetensors"]);

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("run", "--id", "two")).ExitCode);
    }

    [Fact]
    public async Task The_initial_file_may_be_another_once_the_federation_has_it()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.RunAsync("export", "--id", "one", "--out", workplace["model.pt"], "--format", "safetensors");
        await workplace.FinishFederationAsync("--id", "two", "--initial", workplace["model.pt"]);
        await File.WriteAllBytesAsync(workplace["model.pt"], [0x80, 2, .. "}."u8], TestContext.Current.CancellationToken);

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("run", "--id", "two")).ExitCode);
    }

    [Fact]
    public async Task An_initial_file_that_is_another_before_the_federation_has_it_is_refused_by_what_it_comes_to()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.RunAsync("export", "--id", "one", "--out", workplace["model.safetensors"]);
        var layout = new NetworkRegistry().Get("cifar10-cnn").Usual.Layout;
        var two = await workplace.FinishFederationAsync("--id", "two", "--initial", workplace["model.safetensors"]);
        var started = two.Rounds[0].ParametersSha256;
        foreach (var file in (string[])["record.json", "global.safetensors"])
            File.Delete(Path.Combine(workplace.State, "artifacts", "federations", "two", "rounds", "000000", file));
        await File.WriteAllBytesAsync(workplace["model.safetensors"], Safetensors.Write<double>(layout, new double[layout.Length]), TestContext.Current.CancellationToken);

        var run = await workplace.RunAsync("run", "--id", "two");

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(
            $"expected the file that the federation was started with, whose parameters have SHA-256 {started} as safetensors in single precision; '{workplace["model.safetensors"]}' (F64 converted to F32) comes to SHA-256 ",
            run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_federations_of_the_folder_are_left_alone()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.FinishFederationAsync("--id", "two", "--seed", "3");

        var one = await workplace.RunAsync("run", "--id", "one", "--json");

        Assert.Equal("one", ContractJson.Deserialize<FederationResult>(one.Output).Id);
    }

    /// <summary>As a caller of a server does.</summary>
    private async Task SuspendAsync(string id)
    {
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddLocalHost(new StateFolder(workplace.State, IsNamed: true), new HostParts())
            .AddFederations()
            .AddEmbeddedEngine(new EmbeddedEngineOptions { StateFolder = workplace.State, TakesUp = _ => false })
            .BuildServiceProvider();
        await using var engine = services.GetRequiredService<EmbeddedEngineHost>();
        await engine.StartAsync(TestContext.Current.CancellationToken);
        await services.GetRequiredService<FederationControl>().SuspendAsync(id, "a test", TestContext.Current.CancellationToken);
    }
}
