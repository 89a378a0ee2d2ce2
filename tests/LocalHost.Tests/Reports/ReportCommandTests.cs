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
}
