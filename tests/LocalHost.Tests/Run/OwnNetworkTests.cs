using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.Run;

public sealed class OwnNetworkTests : IDisposable
{
    private const string Layers =
        """{"layers":[{"type":"avgpool2d","kernelSize":4},{"type":"conv2d","outChannels":4,"kernelSize":3},{"type":"relu"},{"type":"flatten"},{"type":"linear","name":"classes"}]}""";

    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task A_network_in_a_file_is_trained_and_a_federation_goes_on_with_it_without_the_file()
    {
        var file = workplace.Write("mine.json", Layers);

        var result = await workplace.FinishFederationAsync("--id", "one", "--network", file);
        File.Delete(file);
        var again = await workplace.RunAsync("run", "--id", "one");

        Assert.Equal("own network", result.Network);
        Assert.Contains("network own network, engine lanes", again.Output, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Done, again.ExitCode);
        Assert.Contains("own network", (await workplace.RunAsync("status", "one")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_in_a_spec_is_that_of_the_file()
    {
        var spec = workplace.Write("spec.json", $$$"""{"id":"one","data":"{{{Workplace.Data}}}","clients":3,"rounds":2,"network":{{{Layers}}}}""");

        Assert.Equal(ExitCode.Done, (await workplace.RunAsync("run", spec)).ExitCode);
        Assert.Equal(
            ExitCode.Done, (await workplace.RunAsync("run", spec, "--network", workplace.Write("mine.json", Layers))).ExitCode);
        var other = await workplace.RunAsync("run", spec, "--network", workplace.Write("other.json", Layers.Replace("4,", "5,", StringComparison.Ordinal)));
        Assert.Equal(ExitCode.BadUsage, other.ExitCode);
        Assert.Contains("exists with another spec: network is", other.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"layers":[{"type":"conv2d","outChannels":4,"kernelSize":40},{"type":"flatten"},{"type":"linear"}]}""", "layers[0] (conv2d) takes planes of at least 40×40, got 3×32×32")]
    [InlineData("""{"layers":[{"type":"conv2d","outChannels":4}]}""", "network.layers[0].kernelSize: expected 1 to 255, got nothing")]
    [InlineData("""{"layers":[""", "mine.json': expected a JSON object: it is no JSON")]
    [InlineData("[]", "mine.json': expected an object, got []")]
    public async Task A_network_that_is_none_is_refused_with_the_place(string content, string expected)
    {
        var run = await workplace.RunFederationAsync("--network", workplace.Write("mine.json", content));

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(expected, Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_network_of_linear_layers_takes_a_table_as_it_is()
    {
        var table = workplace.Write("t.csv", string.Join('\n', Enumerable.Range(0, 40).Select(row => FormattableString.Invariant($"{row},{row % 2}")).Prepend("age,label")));
        var network = workplace.Write("mine.json", """{"layers":[{"type":"linear","outFeatures":8},{"type":"relu"},{"type":"linear"}]}""");

        var run = await workplace.RunAsync("run", "--network", network, "--data", $"table:{table}", "--test-fraction", "0.25", "--clients", "2", "--rounds", "1");

        Assert.Equal((ExitCode.Done, true), (run.ExitCode, run.Output.Contains("model: SHA-256 ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named()
    {
        var run = await workplace.RunFederationAsync("--network", workplace["absent.json"]);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("absent.json", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_only_Torch_knows_is_said_where_a_build_has_none()
    {
        var run = await workplace.RunFederationAsync(
            "--network", workplace.Write("mine.json", """{"layers":[{"type":"batchnorm2d"},{"type":"flatten"},{"type":"linear"}]}"""));

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains("lanes can't train own network here: the Lanes engine does not know the layer batchnorm2d", run.Error, StringComparison.Ordinal);
    }
}
