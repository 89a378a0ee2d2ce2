using System.Xml.Linq;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;
using SkiaSharp;

namespace FlDurable.LocalHost.Tests.Reports;

public sealed class PlotCommandTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task A_federations_accuracy_becomes_lines_or_pixels_as_the_name_says()
    {
        await workplace.FinishFederationAsync("--id", "one");

        var lines = await workplace.RunAsync("plot", "one", "--out", workplace["acc.svg"]);
        var pixels = await workplace.RunAsync("plot", "one", "--out", workplace["acc.png"]);

        Assert.Equal((ExitCode.Done, ExitCode.Done), (lines.ExitCode, pixels.ExitCode));
        var texts = TextsOf(workplace["acc.svg"]);
        Assert.Contains("one: accuracy", texts);
        Assert.All((string[])["central", "federated", "fit", "round"], text => Assert.Contains(text, texts));
        using var picture = SKBitmap.Decode(workplace["acc.png"]);
        Assert.True(picture.Width > 1_000 && picture.Height > 500, $"{picture.Width}×{picture.Height}");
        Assert.Contains("accuracy of 3 recorded rounds", lines.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_measure_and_the_axis_can_be_chosen()
    {
        await workplace.FinishFederationAsync("--id", "one", "--metrics", "macroF1");

        var loss = await workplace.RunAsync("plot", "one", "--out", workplace["loss.svg"], "--measure", "loss", "--over", "seconds");
        var asked = await workplace.RunAsync("plot", "one", "--out", workplace["f1.svg"], "--measure", "macroF1");
        var unknown = await workplace.RunAsync("plot", "one", "--out", workplace["none.svg"], "--measure", "beauty");

        Assert.Equal((ExitCode.Done, ExitCode.Done), (loss.ExitCode, asked.ExitCode));
        Assert.Contains("seconds", TextsOf(workplace["loss.svg"]));
        Assert.Contains("central", TextsOf(workplace["f1.svg"]));
        Assert.Equal(ExitCode.BadUsage, unknown.ExitCode);
        Assert.Contains("federation 'one' has no beauty; expected one of accuracy, loss, clients", Assert.Single(unknown.ErrorLines), StringComparison.Ordinal);
        Assert.False(File.Exists(workplace["none.svg"]));
    }

    [Fact]
    public async Task What_is_damaged_is_named_beside_what_can_be_drawn()
    {
        await workplace.FinishFederationAsync("--id", "one");
        await workplace.FinishFederationAsync("--id", "two");
        workplace.Write("state/artifacts/federations/one/result.json", "{");

        var plotted = await workplace.RunAsync("plot", "one", "--out", workplace["acc.svg"]);
        var compared = await workplace.RunAsync("compare", "one", "two");

        Assert.Equal((ExitCode.Done, ExitCode.Done), (plotted.ExitCode, compared.ExitCode));
        Assert.All((CommandRun[])[plotted, compared], run => Assert.Contains(run.ErrorLines, line => line.StartsWith("one: ", StringComparison.Ordinal) && line.Contains("result.json", StringComparison.Ordinal)));
        Assert.Contains("accuracy of 3 recorded rounds", plotted.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_there_can_not_be_drawn()
    {
        var run = await workplace.RunAsync("plot", "none", "--out", workplace["none.svg"]);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("there is no federation 'none'", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    private static List<string> TextsOf(string path) => [.. XDocument.Load(path).Descendants().Where(element => element.Name.LocalName == "text").Select(element => element.Value.Trim())];
}
