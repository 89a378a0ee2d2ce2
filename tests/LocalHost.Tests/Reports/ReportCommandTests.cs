using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.Reports;

public sealed class ReportCommandTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task A_report_is_one_file_with_curves_rounds_clients_and_spec_that_loads_nothing()
    {
        var result = await workplace.FinishFederationAsync("--id", "one", "--learning-rate", "0.0123");

        var run = await workplace.RunAsync("report", "one", "--out", workplace["report.html"]);
        var page = await File.ReadAllTextAsync(workplace["report.html"], TestContext.Current.CancellationToken);

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        Assert.All((string[])["Federation one", "completed, 2 of 2 rounds", "client-0", "client-2", "0.0123", result.Model!.Sha256], text => Assert.Contains(text, page, StringComparison.Ordinal));
        Assert.Equal(6, page.Split("<figure><svg ").Length - 1);
        Assert.Contains("aria-label=\"images by client and class, of 3 of 3 clients\"", page, StringComparison.Ordinal);
        Assert.Contains("label entropy ", page, StringComparison.Ordinal);
        Assert.Contains("<td>2</td><td>" + result.Rounds[2].CentralAccuracy!.Value.ToString("0.0000", System.Globalization.CultureInfo.InvariantCulture), page, StringComparison.Ordinal);
        Assert.All((string[])["http:", "https:", "src=", "@import", "<script", "<link"], reference => Assert.DoesNotContain(reference, page, StringComparison.Ordinal));
        var ids = page.Split(" id=\"").Skip(1).Select(part => part[..part.IndexOf('"', StringComparison.Ordinal)]).ToList();
        Assert.Equal(ids.Distinct().Order(), ids.Order());
        Assert.All(page.Split("url(#").Skip(1), part => Assert.Contains(part[..part.IndexOf(')', StringComparison.Ordinal)], ids));
    }

    [Fact]
    public async Task Options_are_told_in_words_a_client_that_fails_again_and_again_once_and_no_column_is_empty()
    {
        await workplace.FinishFederationAsync(
            "--id", "one", "--availability", "0,2;0,2", "--quorum", "2", "--fraction-evaluate", "0", "--partitioner", "dirichlet", "--partitioner-option", "alpha=0.5");

        var run = await workplace.RunAsync("report", "one", "--out", workplace["report.html"]);
        var page = await File.ReadAllTextAsync(workplace["report.html"], TestContext.Current.CancellationToken);

        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
        Assert.Contains("<td>dirichlet: alpha 0.5, ", page, StringComparison.Ordinal);
        Assert.DoesNotContain("{&quot;", page, StringComparison.Ordinal);
        Assert.Equal("<li>client-1 in TrainClient, 2 times (rounds 1–2): it can&#39;t be reached in this round (availability)</li>", Assert.Single(page.Split('\n'), line => line.StartsWith("<li>client-1", StringComparison.Ordinal)));
        Assert.Contains(">central accuracy</th>", page, StringComparison.Ordinal);
        Assert.DoesNotContain(">federated accuracy</th>", page, StringComparison.Ordinal);
    }
}
