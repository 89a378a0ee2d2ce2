using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;
using SkiaSharp;

namespace FlDurable.LocalHost.Tests.Show;

public sealed class ShowCommandTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task The_first_batch_becomes_a_picture_in_rows_of_eight()
    {
        var run = await ShowAsync("1", "--batch-size", "12");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        using var picture = SKBitmap.Decode(workplace["grid.png"]);
        Assert.True(picture.Width > 8 * 128 && picture.Height > 2 * 128 && picture.Height < 3 * 128 + 64, $"{picture.Width}×{picture.Height}");
    }

    [Fact]
    public async Task All_partitions_are_no_partition()
    {
        var run = await ShowAsync("all");

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("--partition: expected 0 to 2, got 'all'", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
        Assert.False(File.Exists(workplace["grid.png"]));
    }

    private Task<CommandRun> ShowAsync(string partition, params string[] more) => workplace.RunAsync(
        ["show", "--partition", partition, "--out", workplace["grid.png"], "--data", Workplace.Data, "--clients", "3", .. more]);
}
