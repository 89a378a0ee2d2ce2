using System.Text.Json.Nodes;
using FlDurable.Infra.Tests.Support;
using FlDurable.Shared.Storage;

namespace FlDurable.Infra.Tests;

/// <summary>What <c>azd provision</c> does after it: local.settings.json, with what was provisioned.</summary>
public sealed class HookTests(Project project, Bicep bicep) : IClassFixture<Project>, IDisposable
{
    private const string Container = "https://account.blob.core.windows.net/fldurable";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(project.Settings);

    [Fact]
    public async Task The_settings_are_the_samples_with_the_artifacts_of_what_was_provisioned()
    {
        var (status, output) = await project.ProvisionedAsync(Container, Cancel);

        Assert.True(status == 0, output);
        Assert.Equal($"local.settings.json: written. Artifacts are in {Container}; the rest is in Azurite.", output.TrimEnd());
        var sample = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "local.settings.sample.json"), Cancel))!;
        sample["Values"]!["FLDURABLE_STORAGE"] = Container;
        Assert.True(JsonNode.DeepEquals(sample, JsonNode.Parse(await File.ReadAllTextAsync(project.Settings, Cancel))));
        Assert.IsType<AzureBlobArtifactStore>(ArtifactStorage.Open(Container));
        Assert.Equal([project.Settings], Directory.GetFiles(Path.GetDirectoryName(project.Settings)!, "local.settings.json*"));
    }

    [Fact]
    public async Task The_deployment_says_where_its_artifacts_are()
    {
        var compiled = await bicep.CompileAsync(Path.Combine(Repository.Root, "infra", "main.bicep"), Cancel);

        Assert.Contains("FLDURABLE_STORAGE", compiled["outputs"]!.AsObject().Select(output => output.Key));
    }

    [Fact]
    public async Task Both_kinds_of_shell_run_the_same_line()
    {
        Assert.Equal(("sh", "pwsh"), (project.Hook["posix"].Shell, project.Hook["windows"].Shell));
        Assert.Equal(project.Hook["posix"].Line, project.Hook["windows"].Line);
        Assert.Contains("\nhooks:\n", (await File.ReadAllTextAsync(Path.Combine(Repository.Root, "azure.yaml"), Cancel)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Provisioned_again_the_file_is_as_it_was()
    {
        await project.ProvisionedAsync(Container, Cancel);
        var before = await File.ReadAllTextAsync(project.Settings, Cancel);

        var (status, output) = await project.ProvisionedAsync(Container, Cancel);

        Assert.Equal((0, "local.settings.json: has what this environment needs."), (status, output.TrimEnd()));
        Assert.Equal(before, await File.ReadAllTextAsync(project.Settings, Cancel));
    }

    [Theory]
    [InlineData("""{"Values":{"AzureWebJobsStorage":"AccountKey=hush","FUNCTIONS_WORKER_RUNTIME":"dotnet-isolated","FLDURABLE_STORAGE":"UseDevelopmentStorage=true"}}""",
        "AzureWebJobsStorage and FLDURABLE_STORAGE")]
    [InlineData("""
        {
          // mine
          "Values": { "AzureWebJobsStorage": "UseDevelopmentStorage=true", "FUNCTIONS_WORKER_RUNTIME": "dotnet-isolated", },
        }
        """, "FLDURABLE_STORAGE")]
    [InlineData("""{"Values":{"AzureWebJobsStorage":"UseDevelopmentStorage=true","FUNCTIONS_WORKER_RUNTIME":1,"FLDURABLE_STORAGE":"https://account.blob.core.windows.net/fldurable"}}""",
        "FUNCTIONS_WORKER_RUNTIME")]
    [InlineData("hush", "AzureWebJobsStorage and FUNCTIONS_WORKER_RUNTIME and FLDURABLE_STORAGE")]
    [InlineData("""["hush"]""", "AzureWebJobsStorage and FUNCTIONS_WORKER_RUNTIME and FLDURABLE_STORAGE")]
    public async Task A_file_that_somebody_wrote_is_left_as_it_is_and_what_differs_is_named(string written, string differs)
    {
        await File.WriteAllTextAsync(project.Settings, written, Cancel);

        var (status, output) = await project.ProvisionedAsync(Container, Cancel);

        Assert.Equal(0, status);
        Assert.StartsWith(
            $"local.settings.json: was there and is left as it is. This environment's {differs} would differ. ", output, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", output, StringComparison.Ordinal);
        Assert.Equal(written, await File.ReadAllTextAsync(project.Settings, Cancel));
    }

    [Theory]
    [InlineData(null, "isn't set")]
    [InlineData("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=hush", "no key or signature is written")]
    [InlineData("https://account.blob.core.windows.net/fldurable?sig=hush", "no key or signature is written")]
    [InlineData("https://me:hush@account.blob.core.windows.net/fldurable", "no key or signature is written")]
    [InlineData("http://account.blob.core.windows.net/fldurable", "no key or signature is written")]
    public async Task What_is_no_containers_address_alone_is_written_nowhere(string? storage, string reason)
    {
        var (status, output) = await project.ProvisionedAsync(storage, Cancel);

        Assert.Equal(1, status);
        Assert.Contains(reason, output, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", output, StringComparison.Ordinal);
        Assert.False(File.Exists(project.Settings));
    }
}
