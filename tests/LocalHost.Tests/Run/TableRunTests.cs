using System.Globalization;
using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Onnx;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Datasets.Partitioning;
using FlDurable.Shared.Json;
using FlDurable.Shared.Records;

namespace FlDurable.LocalHost.Tests.Run;

/// <summary>A federation on a table of numbers, as its user runs it.</summary>
public sealed class TableRunTests : IDisposable
{
    private const int Classes = 3;

    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task A_table_of_columns_of_very_different_sizes_is_learnt_and_its_means_are_recorded()
    {
        var run = await RunAsync("--network", "mlp", "--json");
        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        var federation = ContractJson.Deserialize<FederationResult>(run.Output);
        var file = Assert.Single(Directory.GetFiles(Path.Combine(workplace.State, "artifacts", "datasets"), "manifest.json", SearchOption.AllDirectories));
        var manifest = ContractJson.Deserialize<DatasetManifest>(await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));

        Assert.True(federation.Rounds[^1].CentralAccuracy > 0.9, $"{federation.Rounds[^1].CentralAccuracy}");
        Assert.Equal("table", manifest.Source);
        Assert.Equal(["small", "large", "same"], manifest.Columns!.Select(column => column.Name));
        Assert.InRange(manifest.Columns![1].Mean, 900_000, 1_100_000);
        Assert.Equal(0, manifest.Columns![2].Deviation);
    }

    [Fact]
    public async Task An_exported_model_tells_by_what_a_row_is_standardised()
    {
        Assert.Equal(ExitCode.Done, (await RunAsync("--network", "mlp")).ExitCode);
        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("export", "fed", "--format", "onnx", "--out", workplace["fed.onnx"])).ExitCode);

        using var model = new OnnxFile(await File.ReadAllBytesAsync(workplace["fed.onnx"], TestContext.Current.CancellationToken));

        Assert.Equal("rows", model.Input.Name);
        Assert.Equal([-1, 3, 1, 1], model.Input.Shape);
        Assert.Equal(["small", "large", "same"], JsonSerializer.Deserialize<string[]>(model.Metadata["column_names"])!);
        Assert.Equal(3, JsonSerializer.Deserialize<double[]>(model.Metadata["column_mean"])!.Length);
        Assert.Equal(0, JsonSerializer.Deserialize<double[]>(model.Metadata["column_std"])![2]);
        Assert.False(model.Metadata.ContainsKey("image_mean"));
    }

    [Theory]
    [InlineData("cifar10-cnn can't learn from rows of 3 numbers in 3 classes", "--network", "cifar10-cnn")]
    [InlineData("; mlp takes a table", "--network", "cifar10-cnn")]
    [InlineData("augmentation: expected none: a table has no images", "--network", "mlp", "--augmentation", "pad=1")]
    [InlineData("resize: ", "--network", "mlp", "--resize", "8x8")]
    [InlineData("attack: expected another: this one is a mark on images", "--network", "mlp", "--attack", "backdoor", "--attack-option", "clients=1")]
    [InlineData("columns: ", "--network", "mlp", "--columns", "none")]
    [InlineData("It has 'small', 'large', 'same', 'label'", "--network", "mlp", "--columns", "none")]
    public async Task What_a_table_does_not_fit_is_said(string why, params string[] options)
    {
        var run = await RunAsync(options);

        Assert.NotEqual(ExitCode.Done, run.ExitCode);
        Assert.Contains(why, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Commands_that_draw_images_refuse_a_table_and_the_others_take_it()
    {
        var data = Table();
        string[] of = ["--data", $"table:{data}", "--test-fraction", "0.25", "--clients", "3"];

        var show = await workplace.RunAsync(["show", .. of, "--network", "mlp", "--partition", "0", "--out", workplace["a.png"]]);
        var folders = await workplace.RunAsync(["partition", .. of, "--out", workplace["parts"]]);
        var table = await workplace.RunAsync(["partition", .. of]);
        var central = await workplace.RunAsync(["train-central", .. of, "--network", "mlp", "--partition", "all"]);
        var elsewhere = await workplace.RunFederationAsync("--columns", "small");

        Assert.Contains("draws images, and the data is a table", show.Error, StringComparison.Ordinal);
        Assert.Contains("writes images, and the data is a table", folders.Error, StringComparison.Ordinal);
        Assert.Equal((ExitCode.Done, ExitCode.Done), (table.ExitCode, central.ExitCode));
        Assert.Contains("--columns: expected none where data isn't table:PATH", elsewhere.Error, StringComparison.Ordinal);
    }

    private Task<CommandRun> RunAsync(params string[] more) => workplace.RunAsync(
        ["run", "--data", $"table:{Table()}", "--test-fraction", "0.25", "--clients", "3", "--rounds", "4", "--epochs", "3", "--id", "fed", .. more]);

    /// <summary>Three classes that two columns tell apart together.</summary>
    private string Table()
    {
        var random = new Random(1);
        var lines = Enumerable.Range(0, 600).Select(row =>
        {
            var label = row % Classes;
            var small = (label == 0 ? 0.001 : -0.001) + random.NextDouble() / 2000;
            var large = 1_000_000 + (label == 1 ? 5_000 : -5_000) + 3_000 * random.NextDouble();
            return string.Create(CultureInfo.InvariantCulture, $"{small},{large},7,{label}");
        });
        return workplace.Write("table.csv", string.Join('\n', lines.Prepend("small,large,same,label")));
    }
}
