using System.Diagnostics;
using FlDurable.Infra.Tests.Support;

namespace FlDurable.Infra.Tests;

/// <summary><c>dotnet build infra</c>.</summary>
public sealed class BuildTests : IDisposable
{
    private readonly Templates templates = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => templates.Dispose();

    [Fact]
    public async Task The_templates_build_without_a_warning()
    {
        var (status, output) = await BuildAsync();

        Assert.True(status == 0, output);
    }

    [Theory]
    [InlineData("modules/storage.bicep", "supportsHttpsTrafficOnly: true", "supportsHttpTrafficOnly: true", "BCP")] // a warning of the compiler
    [InlineData("modules/identity.bicep", "param tags object", "param tags object\n@description('x')\nparam unused string = ''", "no-unused-params")] // of the linter
    [InlineData("main.dev.bicepparam", "readEnvironmentVariable('AZURE_LOCATION', 'westeurope')", "1", "BCP033")] // an error in a parameter
    public async Task What_the_compiler_says_of_a_template_fails_the_build(string file, string before, string after, string code)
    {
        templates.Apply(new Edit(file, before, after));

        var (status, output) = await BuildAsync();

        Assert.Equal(1, status);
        Assert.Matches($@"{Path.GetFileName(file)}\(\d+,\d+\) ?: error {code}", output);
    }

    private Task<(int Status, string Output)> BuildAsync() => Command.RunAsync(
        new ProcessStartInfo("dotnet") { ArgumentList = { "build", templates.Folder, "-nodeReuse:false", $"-p:ArtifactsPath={templates.Artifacts}" } },
        Cancel);
}
