using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.Train;

public sealed class EvaluateCommandTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task A_model_is_evaluated_class_by_class_as_the_rounds_record_has_it()
    {
        var federation = await workplace.FinishFederationAsync("--id", "one", "--metrics", "balancedAccuracy", "--keep-best", "centralAccuracy");

        foreach (var (which, round) in ((string[], int)[])[([], 2), (["--round", "0"], 0), (["--best"], federation.Rounds.MaxBy(one => one.CentralAccuracy)!.Round)])
        {
            var run = await workplace.RunAsync(["evaluate", "one", "--json", .. which]);

            Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
            var evaluated = JsonElement.Parse(run.Output);
            var record = federation.Rounds[round];
            var classes = evaluated.GetProperty("classes").EnumerateArray().ToList();
            Assert.Equal((record.CentralLoss, record.CentralAccuracy), (evaluated.GetProperty("loss").GetDouble(), evaluated.GetProperty("accuracy").GetDouble()));
            Assert.Equal(10, classes.Count);
            Assert.Equal(40, classes.Sum(one => one.GetProperty("takenFor").EnumerateArray().Sum(count => count.GetInt64())));
            Assert.Equal(record.Additional!["central.balancedAccuracy"], classes.Average(one => one.TryGetProperty("recall", out var recall) ? recall.GetDouble() : (double?)null)!.Value, 12);
        }
    }

    [Fact]
    public async Task A_person_sees_a_table_and_a_spreadsheet_the_matrix()
    {
        await workplace.FinishFederationAsync("--id", "one");

        var table = await workplace.RunAsync("evaluate", "one");
        var rows = (await workplace.RunAsync("evaluate", "one", "--csv")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

        Assert.Equal((ExitCode.Done, ""), (table.ExitCode, table.Error));
        Assert.Matches(@"class +images +recall +precision +F1", table.Output);
        Assert.Contains("loss ", table.Output, StringComparison.Ordinal);
        Assert.StartsWith("class,", rows[0], StringComparison.Ordinal);
        Assert.Equal(40, rows[1..].Sum(row => row.Split(',')[1..].Sum(long.Parse)));
        Assert.Equal(rows[0].Split(',')[1..], rows[1..].Select(row => row.Split(',')[0]));
    }

    [Fact]
    public async Task What_can_not_be_evaluated_is_named()
    {
        await workplace.FinishFederationAsync("--id", "one", "--retention", "last:1");

        Assert.Contains("there is no federation 'two'", await RefusedAsync("two"), StringComparison.Ordinal);
        Assert.Contains("--round: federation 'one' has no parameters of round 1 any more", await RefusedAsync("one", "--round", "1"), StringComparison.Ordinal);
        Assert.Contains("expected one of the two", await RefusedAsync("one", "--csv", "--json"), StringComparison.Ordinal);
        Directory.Delete(Path.Combine(workplace.State, "artifacts", "datasets"), recursive: true);
        Assert.Contains("the data set of federation 'one' is not in the state folder", await RefusedAsync("one"), StringComparison.Ordinal);
    }

    private async Task<string> RefusedAsync(params string[] arguments)
    {
        var run = await workplace.RunAsync(["evaluate", .. arguments]);
        Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
        return run.Error;
    }
}
