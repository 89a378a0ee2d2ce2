using FlDurable.LanesEngine.Tests.Support;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Onnx;
using FlDurable.LocalHost.Tests.Support;
using FlDurable.Shared.Parameters;
using FlDurable.Shared.Specs;

namespace FlDurable.LocalHost.Tests.State;

/// <summary>export --format.</summary>
public sealed class ExportFormatTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task An_exported_ONNX_file_computes_what_the_exported_parameters_do()
    {
        await FinishAsync();

        foreach (var which in (string[][])[[], ["--round", "0"]])
        {
            Assert.Equal(ExitCode.Done, (await workplace.RunAsync(["export", "one", .. which, "--out", workplace["model.safetensors"]])).ExitCode);
            var run = await workplace.RunAsync(["export", "one", .. which, "--format", "onnx", "--out", workplace["model.onnx"]]);

            Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.Error));
            var network = new NetworkRegistry().Get("lenet5").Usual;
            var parameters = Safetensors.Read(await ReadAsync("model.safetensors"), network.Layout);
            var reference = new ReferenceNetwork(network, [.. parameters.Values.ToArray().Select(value => (double)value)], isEvaluated: true);
            var examples = RandomCases.Examples(network.Input, network.Classes, 2, seed: 1);
            using var file = new OnnxFile(await ReadAsync("model.onnx"));
            var logits = file.Logits(examples);
            for (var image = 0; image < examples.Count; image++)
                Assert.All(reference.Logits(examples.Pixels(image).ToArray()).Zip(logits[image]), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
            Assert.Equal(10, file.Classes!.Count);
        }
    }

    [Fact]
    public async Task The_same_export_has_the_same_bytes()
    {
        await FinishAsync();
        await workplace.RunAsync("export", "one", "--format", "onnx", "--out", workplace["one.onnx"]);
        await workplace.RunAsync("export", "one", "--format", "onnx", "--out", workplace["two.ONNX"]);

        Assert.Equal(await ReadAsync("one.onnx"), await ReadAsync("two.ONNX"));
    }

    [Fact]
    public async Task Where_the_data_is_gone_the_classes_have_no_names()
    {
        await FinishAsync();
        Directory.Delete(Path.Combine(workplace.State, "artifacts", "datasets"), recursive: true);

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("export", "one", "--format", "onnx", "--out", workplace["model.onnx"])).ExitCode);

        using var file = new OnnxFile(await ReadAsync("model.onnx"));
        Assert.Null(file.Classes);
    }

    [Theory]
    [InlineData("--format pt --out x", "--format: expected safetensors or onnx, got 'pt'")]
    [InlineData("--format ONNX --out x", "--format: expected safetensors or onnx, got 'ONNX'")]
    [InlineData("--format onnx --out {0}.safetensors", ".safetensors' would hold onnx: expected --format safetensors with it, or a name that does not end in .safetensors")]
    [InlineData("--out {0}.onnx", ".onnx' would hold safetensors: expected --format onnx with it, or a name that does not end in .onnx")]
    [InlineData("--format safetensors --out {0}.Onnx", ".Onnx' would hold safetensors: expected --format onnx")]
    public async Task A_format_that_is_not_known_or_not_that_of_the_file_is_refused(string options, string message)
    {
        var file = workplace["model"];

        var run = await workplace.RunAsync(["export", "one", .. options.Replace("{0}", file, StringComparison.Ordinal).Split(' ')]);

        Assert.Equal((ExitCode.BadUsage, ""), (run.ExitCode, run.Output));
        Assert.Contains(message, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    private async Task FinishAsync()
    {
        var run = await workplace.RunAsync("run", "--data", Workplace.Data, "--network", "lenet5", "--clients", "2", "--rounds", "1", "--id", "one");
        Assert.Equal((ExitCode.Done, ""), (run.ExitCode, run.ExitCode == ExitCode.Done ? "" : run.Error));
    }

    private Task<byte[]> ReadAsync(string name) => File.ReadAllBytesAsync(workplace[name], TestContext.Current.CancellationToken);
}
