using System.Globalization;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.Reports;

public sealed class CompareCommandTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task Two_federations_stand_beside_each_other_with_what_differs()
    {
        await RunTwoAsync();

        var run = await workplace.RunAsync("compare", "one", "two");

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        Assert.Contains(run.OutputLines, line => line.Contains("best central accuracy", StringComparison.Ordinal) && line.Contains("rounds to 0", StringComparison.Ordinal));
        Assert.Contains(run.OutputLines, line => line.Trim().StartsWith("one ", StringComparison.Ordinal) && line.Contains("completed", StringComparison.Ordinal));
        var differences = run.OutputLines.SkipWhile(line => !line.Contains("differs", StringComparison.Ordinal)).Skip(2).Select(line => line.Trim().Split(' ')[0]).Where(word => word.Length > 0);
        Assert.Equal(["learningRate", "rounds"], differences.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_rounds_to_a_value_are_those_of_the_first_that_has_it()
    {
        await RunTwoAsync();
        var rounds = (await workplace.RunAsync("status", "two", "--csv")).OutputLines.Select(line => line.Split(',')).ToList();
        var column = Array.IndexOf(rounds[0], "centralAccuracy");
        var aim = rounds[2][column];

        var rows = (await workplace.RunAsync("compare", "one", "two", "--csv", "--to", aim, "--to", "2")).OutputLines.Select(line => line.Split(',')).ToList();

        Assert.Equal(["federation", "status", "rounds", "best central accuracy", "in round", "last central accuracy", "seconds"], rows[0].Take(7));
        var values = rounds.Skip(1).Select(row => double.Parse(row[column], CultureInfo.InvariantCulture)).ToList();
        Assert.Equal($"{values.FindIndex(value => value >= double.Parse(aim, CultureInfo.InvariantCulture))}", rows[2][7]);
        Assert.Equal(values.Max(), double.Parse(rows[2][3], CultureInfo.InvariantCulture));
        Assert.Equal(("", ""), (rows[2][9], rows[2][10]));
    }

    [Fact]
    public async Task A_page_has_the_curves_by_round_and_by_seconds()
    {
        await RunTwoAsync();

        var run = await workplace.RunAsync("compare", "one", "two", "--out", workplace["compare.html"], "--measure", "loss");
        var page = await File.ReadAllTextAsync(workplace["compare.html"], TestContext.Current.CancellationToken);

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        Assert.All((string[])["Comparison of one, two", "central loss by round", "central loss by seconds", "learning<wbr>Rate"], text => Assert.Contains(text, page, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_can_not_be_compared_is_refused()
    {
        await workplace.FinishFederationAsync("--id", "one");

        var alone = await workplace.RunAsync("compare", "one");
        var twice = await workplace.RunAsync("compare", "one", "one");
        await workplace.FinishFederationAsync("--id", "two");
        var unknown = await workplace.RunAsync("compare", "one", "two", "--measure", "beauty");

        Assert.All([alone, twice, unknown], run => Assert.Equal(ExitCode.BadUsage, run.ExitCode));
        Assert.Contains("expected the IDs of 2 to 30 federations, got 1", alone.Error, StringComparison.Ordinal);
        Assert.Contains("'one' is given twice", twice.Error, StringComparison.Ordinal);
        Assert.Contains("beauty was not measured in the same way in all of them: 'one' has none", unknown.Error, StringComparison.Ordinal);
    }

    private async Task RunTwoAsync()
    {
        await workplace.FinishFederationAsync("--id", "one");
        var run = await workplace.RunAsync("run", "--data", Workplace.Data, "--clients", "3", "--rounds", "3", "--id", "two", "--learning-rate", "0.02");
        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
    }
}
