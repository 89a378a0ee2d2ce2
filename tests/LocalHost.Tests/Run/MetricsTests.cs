using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.Run;

/// <summary>What a spec has measured besides loss and accuracy.</summary>
public sealed class MetricsTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task What_is_asked_for_is_in_every_record_and_can_be_kept_by_and_changes_nothing_else()
    {
        var plain = await workplace.FinishFederationAsync("--id", "plain");
        var measured = await workplace.FinishFederationAsync("--id", "measured", "--metrics", "macroF1", "--metrics", "top5Accuracy", "--keep-best", "central.macroF1");

        Assert.All(plain.Rounds, round => Assert.Null(round.Additional));
        Assert.All(measured.Rounds, round => Assert.Equal(["central.macroF1", "central.top5Accuracy"], round.Additional!.Keys.Order(StringComparer.Ordinal)));
        Assert.All(measured.Rounds, round => Assert.InRange(round.Additional!["central.top5Accuracy"], round.CentralAccuracy!.Value, 1));
        Assert.Equal(plain.Rounds.Select(round => round.ParametersSha256), measured.Rounds.Select(round => round.ParametersSha256));
    }

    [Fact]
    public async Task A_report_draws_them_and_has_them_in_its_table_of_rounds()
    {
        var measured = await workplace.FinishFederationAsync("--id", "measured", "--metrics", "macroF1,top5Accuracy");
        await workplace.RunAsync("report", "measured", "--out", workplace["report.html"]);
        var page = (await File.ReadAllTextAsync(workplace["report.html"], TestContext.Current.CancellationToken)).Replace("<wbr>", "", StringComparison.Ordinal); // where names may be broken

        Assert.All((string[])["<th scope=\"col\">central.macroF1</th>", "<th scope=\"col\">central.top5Accuracy</th>", "macroF1 by round: central ", "top5Accuracy by round: central "], text => Assert.Contains(text, page, StringComparison.Ordinal));
        Assert.Contains($"<td>{measured.Rounds[2].Additional!["central.macroF1"].ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture)}</td>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--metrics: expected names of balancedAccuracy, calibrationError, macroF1, top5Accuracy, each once, with a comma between, got", "--metrics", "f1")]
    [InlineData("--metrics: expected names of", "--metrics", "macroF1,macroF1")]
    [InlineData("--metrics: expected none where centralEvaluation is false", "--metrics", "macroF1", "--central-evaluation", "false")]
    [InlineData("--keep-best: expected a measure that there is (metrics does not name macroF1)", "--keep-best", "central.macroF1")]
    public async Task Bad_input_is_named(string error, params string[] options)
    {
        var run = await workplace.RunFederationAsync(["--id", "fed", .. options]);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
    }
}
