using System.Globalization;
using System.Text;
using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Data;
using FlDurable.LocalHost.Hosting;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Datasets;
using FlDurable.Shared.Specs;
using Microsoft.Extensions.DependencyInjection;
using SkiaSharp;

namespace FlDurable.LocalHost.Tests.Show;

public sealed class PartitionCommandTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task The_table_has_each_client_and_says_how_alike_they_are()
    {
        var run = await PartitionAsync("--partitioner", "pathological", "--partitioner-option", "classesPerPartition=1", "--partitioner-option", "classAssignmentMode=deterministic");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Equal(3, run.OutputLines.Count(line => line.Contains("client-", StringComparison.Ordinal)));
        Assert.Contains(run.OutputLines, line => line.Contains("label entropy 0.00 of 3.32 bits", StringComparison.Ordinal));
        Assert.Contains(run.OutputLines, line => line.Contains("belong to no client", StringComparison.Ordinal));
        Assert.Contains(run.OutputLines, line => line.StartsWith("no client has an image of 7 of 10 classes, which nobody can learn: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Quiet_it_writes_the_table_and_nothing_of_how_it_goes()
    {
        var (told, quiet) = (await PartitionAsync(), await PartitionAsync("--quiet"));

        Assert.Equal("", quiet.Error);
        Assert.StartsWith("data: ", told.OutputLines[0], StringComparison.Ordinal);
        Assert.Equal(told.OutputLines[1..], quiet.OutputLines);
    }

    [Fact]
    public async Task The_numbers_are_those_that_a_federation_would_have()
    {
        var run = await PartitionAsync("--json", "--partitioner", "linear");

        using var json = JsonDocument.Parse(string.Join('\n', run.OutputLines));
        var clients = json.RootElement.GetProperty("clients").EnumerateArray().ToList();
        Assert.Equal(3, clients.Count);
        Assert.All(clients, client => Assert.Equal(client.GetProperty("examples").GetInt32(), client.GetProperty("byClass").EnumerateArray().Sum(count => count.GetInt32())));
        Assert.Equal(clients.Select(client => client.GetProperty("examples").GetInt32()).Order(), clients.Select(client => client.GetProperty("examples").GetInt32()));
    }

    [Fact]
    public async Task Bars_and_a_heat_map_become_a_picture()
    {
        var run = await PartitionAsync("--plot", workplace["plot.png"], "--partitioner", "dirichlet", "--partitioner-option", "minPartitionSize=1");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        using var picture = SKBitmap.Decode(workplace["plot.png"]);
        Assert.True(picture.Width > 800 && picture.Height > 100, $"{picture.Width}×{picture.Height}");
        Assert.Equal((SKColors.White, SKColors.White), (picture.GetPixel(1, 1), picture.GetPixel(picture.Width - 2, 1)));
    }

    [Fact]
    public async Task Numbers_become_lines_of_a_table()
    {
        var run = await PartitionAsync("--csv");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.StartsWith("client,examples,", run.OutputLines[0], StringComparison.Ordinal);
        Assert.All(run.OutputLines[1..], line => Assert.Equal(int.Parse(line.Split(',')[1], CultureInfo.InvariantCulture), line.Split(',').Skip(2).Sum(cell => int.Parse(cell, CultureInfo.InvariantCulture))));
        Assert.Equal(4, run.OutputLines.Length);
    }

    [Fact]
    public async Task Clients_that_the_data_tells_apart_are_as_many_as_there_are()
    {
        var rows = Enumerable.Range(0, 40).Select(row => FormattableString.Invariant($"{row % 7},{(row % 5 == 0 ? "north" : row % 3 == 0 ? "east" : "south")},{row % 2}"));
        var table = workplace.Write("t.csv", string.Join('\n', rows.Prepend("age,hospital,label")));
        string[] partition = ["partition", "--data", $"table:{table}", "--test-fraction", "0.25", "--partitioner", "naturalid", "--partitioner-option", "by=hospital", "--csv"];

        var shown = await workplace.RunAsync(partition);
        var other = await workplace.RunAsync([.. partition, "--clients", "2"]);

        Assert.Equal((ExitCode.Done, 4), (shown.ExitCode, shown.OutputLines.Length));
        Assert.Equal(["client,naturalId,examples,0,1", "client-0,east,", "client-1,north,", "client-2,south,"], shown.OutputLines.Select((line, at) => at == 0 ? line : string.Join(',', line.Split(',')[..2]) + ","));
        Assert.Equal(ExitCode.BadUsage, other.ExitCode);
        Assert.Contains("clients: 2, but by 'hospital' there are 3 (east, north, south); expected clients 3", other.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_parts_become_folders_that_can_be_trained_on()
    {
        var parts = await PartitionAsync("--out", workplace["parts"], "--validation-fraction", "0.5");
        var again = await workplace.RunAsync("partition", "--data", workplace["parts/client-0"], "--clients", "2", "--json");
        var twice = await PartitionAsync("--out", workplace["parts"]);

        Assert.Equal(ExitCode.Done, parts.ExitCode);
        Assert.Equal(3, Directory.GetDirectories(workplace["parts"]).Length);
        Assert.Equal(ExitCode.Done, again.ExitCode);
        Assert.Equal(ExitCode.BadUsage, twice.ExitCode);
        Assert.Contains("is there; expected a folder that isn't", Assert.Single(twice.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.1", """{"name": "iid"}""")]
    [InlineData("0", """{"name": "pathological", "classesPerPartition": 1, "classAssignmentMode": "deterministic"}""")]
    public async Task Whoever_reads_a_clients_folder_has_its_examples_in_its_order(string validationFraction, string division)
    {
        using var choice = JsonDocument.Parse(division);
        var options = choice.RootElement.EnumerateObject().SelectMany(
            option => (string[])(option.Name == "name" ? ["--partitioner", $"{option.Value}"] : ["--partitioner-option", $"{option.Name}={option.Value}"]));
        var written = await workplace.RunAsync(["partition", "--data", Workplace.Data, "--clients", "3", "--out", workplace["parts"], "--validation-fraction", validationFraction, .. options]);

        Assert.Equal((ExitCode.Done, ""), (written.ExitCode, written.Error));
        await using var services = new ServiceCollection().AddLocalHost(new StateFolder(workplace.State, IsNamed: true), new HostParts()).BuildServiceProvider();
        var data = services.GetRequiredService<FederationData>();
        var json = $$"""{"data": "{{Workplace.Data}}", "clients": 3, "validationFraction": {{validationFraction}}, "partitioner": {{division}}}""";
        var spec = new SpecReader(services.GetRequiredService<SpecTable>()).Read(Encoding.UTF8.GetBytes(json)).Spec;
        var simulated = await data.PrepareAsync(spec, new Progress<DatasetProgress>(), Cancellation);
        foreach (var client in simulated.Clients)
        {
            var own = await OpenAsync(services.GetRequiredService<IDatasetLibrary>(), workplace[$"parts/{client.Client}"]);
            var examples = await data.ReadAsync(simulated, new PartitionChoice(client.Index), Cancellation);

            Assert.Equal(simulated.Classes, own.Classes);
            Assert.True(examples.Train.Records.Span.SequenceEqual(own.Train.Records.Span));
            Assert.True(examples.Validation.Records.Span.SequenceEqual(own.Test.Records.Span));
        }
    }

    [Fact]
    public async Task Images_without_any_to_test_on_are_trained_on_where_nobody_tests()
    {
        await PartitionAsync("--out", workplace["parts"], "--validation-fraction", "0");
        string[] run = ["run", "--data", workplace["parts/client-0"], "--clients", "2", "--rounds", "1"];

        var refused = await workplace.RunAsync(run);
        var done = await workplace.RunAsync([.. run, "--central-evaluation", "false"]);

        Assert.Equal(ExitCode.BadUsage, refused.ExitCode);
        Assert.Contains(refused.ErrorLines, line => line.Contains("centralEvaluation: expected false, since there are no test images", StringComparison.Ordinal));
        Assert.Equal((ExitCode.Done, ""), (done.ExitCode, done.ExitCode == ExitCode.Done ? "" : done.Error));
    }

    [Fact]
    public async Task What_can_not_be_divided_is_refused_with_what_would_do()
    {
        var run = await PartitionAsync("--partitioner", "size", "--partitioner-option", "partitionSizes=1,2");

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(run.ErrorLines, line => line.Contains("partitionSizes: 2 sizes; expected one for each of 3 clients", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_list_is_read_number_by_number()
    {
        var run = await PartitionAsync("--partitioner", "size", "--partitioner-option", "partitionSizes=1,x,2.5");

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(run.ErrorLines, line => line.Contains("partitionSizes[1]", StringComparison.Ordinal) && line.Contains("expected a whole number", StringComparison.Ordinal));
        Assert.Contains(run.ErrorLines, line => line.Contains("partitionSizes[2]", StringComparison.Ordinal));
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static async Task<ImageDataset> OpenAsync(IDatasetLibrary library, string path) =>
        await library.OpenAsync((await library.ResolveAsync(new DatasetRequest(path), progress: null, Cancellation)).Sha256, Cancellation);

    private Task<CommandRun> PartitionAsync(params string[] more) =>
        workplace.RunAsync(["partition", "--data", Workplace.Data, "--clients", "3", .. more]);
}
