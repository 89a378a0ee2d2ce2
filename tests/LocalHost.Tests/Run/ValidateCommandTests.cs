using System.Text;
using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Json;
using FlDurable.Shared.Specs;
using Json.Schema;

namespace FlDurable.LocalHost.Tests.Run;

/// <summary>validate and init.</summary>
public sealed class ValidateCommandTests : IDisposable
{
    // Which need another field, a file or a secret besides.
    private static readonly string[] NotAlone = ["imageColumn", "labelColumn", "columns", "missing", "initial", "notify"];

    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task A_spec_that_can_be_run_is_said_to_be_and_nothing_is_made()
    {
        var spec = workplace.Write("spec.json", $$"""{"clients":3,"rounds":2,"data":"{{Workplace.Data}}"}""");

        var run = await workplace.RunAsync("validate", spec);
        var read = await workplace.RunAsync("validate", spec, "--read-data", "--rounds", "4");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        Assert.Equal(
            [$"{spec} can be run: 3 clients, 2 rounds, network cifar10-cnn, engine lanes, seed 42", "its data was not read: --read-data does that too"], run.OutputLines);
        Assert.Equal($"{spec} can be run: 3 clients, 4 rounds, network cifar10-cnn, engine lanes, seed 42", Assert.Single(read.OutputLines));
        Assert.False(Directory.Exists(workplace.State));
    }

    [Theory]
    [InlineData("""{"clients":0,"rounds":0}""", "clients: expected 1 to 1000000, got 0", "rounds: expected 1 to 1000000, got 0")]
    [InlineData("""{"clientz":3}""", "clientz: unknown field; known are id, ")]
    [InlineData("""{"strategy":{"name":"fedadam","beta1":2}}""", "strategy.beta1: expected 0 to below 1, got 2")]
    [InlineData("""{"data":"none.tar.gz"}""", "data: there is no file or folder 'none.tar.gz'")]
    [InlineData("""{"data":"synthetic:train=0"}""", "data: ")]
    [InlineData("""{"engine":"torch"}""", "engine: torch can't train cifar10-cnn here")]
    [InlineData("""{"initial":"none.safetensors"}""", "initial: 'none.safetensors' can't be read")]
    [InlineData("""{"notify":"https://example.org/over"}""", "notify: this host tells nobody")]
    [InlineData("""{"data":"sites:a,b","optimizer":"sgd","strategy":"scaffold"}""", "strategy: expected one that has clients keep nothing from round to round")]
    public async Task Each_field_that_is_wrong_is_named(string json, params string[] messages)
    {
        var run = await workplace.RunAsync("validate", workplace.Write("spec.json", json));

        Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
        Assert.Equal(messages.Length, run.ErrorLines.Length);
        Assert.All(messages, (message, at) => Assert.Contains(message, run.ErrorLines[at], StringComparison.Ordinal));
        Assert.False(Directory.Exists(workplace.State));
    }

    [Fact]
    public async Task What_only_the_data_tells_is_told_where_that_is_read()
    {
        var spec = workplace.Write("spec.json", $$"""{"clients":241,"data":"{{Workplace.Data}}"}""");

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("validate", spec)).ExitCode);
        var read = await workplace.RunAsync("validate", spec, "--read-data");
        Assert.Equal(ExitCode.BadUsage, read.ExitCode);
        Assert.Contains("clients: expected at most one client an image, got 241 clients for 240 training images", read.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"size","partitionSizes":[1,2]}""", "partitioner: ", "expected one for each of 3 clients")]
    [InlineData("""{"name":"pathological","classesPerPartition":11}""", "partitioner: ", "classesPerPartition")]
    [InlineData("""{"name":"naturalid","by":"hospital"}""", "partitioner: ", "naturalid")]
    public async Task What_the_data_can_not_be_divided_into_is_refused_before_anything_is_begun(string partitioner, string field, string why)
    {
        var spec = workplace.Write("spec.json", $$"""{"id":"one","clients":3,"partitioner":{{partitioner}},"data":"{{Workplace.Data}}"}""");

        var valid = await workplace.RunAsync("validate", spec, "--read-data");
        var run = await workplace.RunAsync("run", spec);

        Assert.Equal((ExitCode.BadUsage, ExitCode.BadUsage), (valid.ExitCode, run.ExitCode));
        Assert.All((string[])[valid.Error, run.Error], error => Assert.All((string[])[field, why], word => Assert.Contains(word, error, StringComparison.Ordinal)));
        Assert.Equal("", (await workplace.RunAsync("list", "-q")).Output);
    }

    [Fact]
    public async Task Parameters_to_begin_with_are_held_against_the_network_once_the_data_tells_which()
    {
        var table = workplace.Write("t.csv", string.Join('\n', Enumerable.Range(0, 40).Select(row => FormattableString.Invariant($"{row},{row % 2}")).Prepend("age,label")));
        string[] data = ["--data", $"table:{table}", "--test-fraction", "0.25", "--network", "mlp", "--clients", "2", "--rounds", "1"];
        await workplace.RunAsync(["run", "--id", "one", .. data]);
        await workplace.RunAsync("export", "one", "--out", workplace["own.safetensors"]);
        await workplace.FinishFederationAsync("--id", "other", "--network", "mlp");
        await workplace.RunAsync("export", "other", "--out", workplace["other.safetensors"]);
        var spec = workplace.Write("spec.json", "{}");

        async Task<CommandRun> ValidateAsync(string initial, params string[] more) =>
            await workplace.RunAsync(["validate", spec, .. data, "--initial", workplace[initial], .. more]);

        Assert.Equal(ExitCode.Done, (await ValidateAsync("own.safetensors")).ExitCode);
        Assert.Equal(ExitCode.Done, (await ValidateAsync("own.safetensors", "--read-data")).ExitCode);
        Assert.Contains("initial: ", (await ValidateAsync("other.safetensors", "--read-data")).Error, StringComparison.Ordinal);
        Assert.Contains("initial: ", (await workplace.RunAsync("validate", spec, "--initial", workplace["own.safetensors"], "--network", "mlp")).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_that_another_spec_has_is_refused_and_the_same_spec_is_not()
    {
        await workplace.FinishFederationAsync("--id", "one");

        var same = await workplace.RunAsync("validate", workplace.Write("same.json", $$"""{"id":"one","clients":3,"rounds":2,"data":"{{Workplace.Data}}"}"""));
        var other = await workplace.RunAsync("validate", workplace.Write("other.json", $$"""{"id":"one","clients":3,"rounds":9,"data":"{{Workplace.Data}}"}"""));

        Assert.Equal(ExitCode.Done, same.ExitCode);
        Assert.Equal(ExitCode.BadUsage, other.ExitCode);
        Assert.Contains("federation 'one' exists with another spec: rounds is 2, not 9", Assert.Single(other.ErrorLines), StringComparison.Ordinal);
        var fewer = await workplace.RunAsync("run", "--id", "one", "--clients", "1"); // which the numbers of clients that it has don't go with
        Assert.Equal(ExitCode.BadUsage, fewer.ExitCode);
        Assert.Contains("federation 'one' exists with another spec: clients is 3, not 1", Assert.Single(fewer.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_init_writes_is_valid_is_that_of_no_spec_and_is_never_written_over()
    {
        var file = workplace["federation.jsonc"];

        var first = await workplace.RunAsync("init", file);
        var written = await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken);
        var again = await workplace.RunAsync("init", file);
        File.Delete(file);
        var schemaAlone = await workplace.RunAsync("init", file);
        var forced = await workplace.RunAsync("init", file, "--force");

        Assert.Equal((ExitCode.Done, ExitCode.BadUsage, ExitCode.BadUsage, ExitCode.Done), (first.ExitCode, again.ExitCode, schemaAlone.ExitCode, forced.ExitCode));
        Assert.Contains($"'{file}' is there; --force writes over it", again.Error, StringComparison.Ordinal);
        Assert.Contains($"'{workplace["federation.schema.json"]}' is there; --force writes over it", schemaAlone.Error, StringComparison.Ordinal);
        Assert.Equal(written, await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("validate", file)).ExitCode);
        Assert.Equal(ContractJson.Serialize(new FederationSpec()), ContractJson.Serialize(Read(written)));
        Assert.False(Directory.Exists(workplace.State));
    }

    [Fact]
    public async Task Every_field_of_what_init_writes_is_valid_once_it_is_no_comment()
    {
        await workplace.RunAsync("init", workplace["x.json"]);
        var lines = await File.ReadAllLinesAsync(workplace["x.json"], TestContext.Current.CancellationToken);

        foreach (var field in new HostParts().SpecTable.Fields.Select(field => field.Name).Except(NotAlone))
        {
            var at = Assert.Single(lines.Index(), line => line.Item.TrimStart(' ', '/').StartsWith($"\"{field}\":", StringComparison.Ordinal)).Index;
            Read(string.Join('\n', lines.Index().Select(line => line.Index == at ? line.Item.Replace("// ", "", StringComparison.Ordinal) : line.Item)));
        }
    }

    [Fact]
    public async Task The_schema_takes_what_is_valid_and_nothing_of_another_kind()
    {
        await workplace.RunAsync("init", workplace["x.json"]);
        var schema = JsonSchema.FromFile(workplace["x.schema.json"]);

        foreach (var valid in (string[])[
            "{}", ContractJson.Serialize(new FederationSpec()), """{"learningRate":[0.1,0.01],"epochs":{"initial":2,"step":3,"factor":0.5},"network":"mlp"}""",
            """{"strategy":{"name":"fedadam","beta1":0.5},"privacy":{"noiseMultiplier":1,"clip":0.5},"$schema":"./x.schema.json"}""",
            """{"network":{"layers":[{"type":"flatten"},{"type":"linear","out":10}]}}"""])
        {
            Assert.True(IsTaken(schema, valid), valid);
        }

        foreach (var invalid in (string[])["""{"clientz":3}""", """{"clients":"3"}""", """{"clients":0}""", """{"strategy":"best"}""", """{"strategy":{"name":"fedadam","beta9":1}}""", """{"learningRate":"fast"}"""])
            Assert.False(IsTaken(schema, invalid), invalid);
    }

    [Fact]
    public async Task Init_names_a_folder_that_is_not_there()
    {
        var run = await workplace.RunAsync("init", workplace["none/x.json"]);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains($"init: there is no folder '{workplace["none"]}'", run.Error, StringComparison.Ordinal);
    }

    private static FederationSpec Read(string json) => new SpecReader(new HostParts().SpecTable).Read(Encoding.UTF8.GetBytes(json)).Spec;

    private static bool IsTaken(JsonSchema schema, string json) => schema.Evaluate(JsonElement.Parse(json)).IsValid;
}
