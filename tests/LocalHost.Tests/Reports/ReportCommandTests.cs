using System.Text;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Places;
using FlDurable.LocalHost.Reports;
using FlDurable.LocalHost.State;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Records;

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

    [Fact]
    public async Task Of_rounds_whose_clients_are_in_parts_a_page_counts_them_and_says_that_it_does_not_name_them()
    {
        await workplace.FinishFederationAsync("--id", "one", "--availability", "0,2;0,2", "--quorum", "2", "--fraction-evaluate", "0");
        var report = await FederationReport.ReadAsync(new StateReader(new StateFolder(workplace.State, IsNamed: true)), "one", TestContext.Current.CancellationToken);

        var page = Encoding.UTF8.GetString(FederationPage.Of(report with { Rounds = [report.Rounds[0], Cut(report.Rounds[1]), Cut(report.Rounds[2])] }, data: null));

        Assert.Contains("without those of 2 rounds whose records have their clients in parts, for there are more than 10,000", page, StringComparison.Ordinal);
        Assert.DoesNotContain("client-0", page, StringComparison.Ordinal);
        Assert.Contains("<td>2</td><td>1</td>", page, StringComparison.Ordinal); // clients, missing
        Assert.Contains("and 2 failures in the parts of rounds&#39; records", page, StringComparison.Ordinal);

        static RoundRecord Cut(RoundRecord record) => record with
        {
            Participants = [],
            Failures = [],
            Events = ["cut: into one part"],
            Parts = [new RoundRecordPart("its seal", record.Count())],
        };
    }
}
