using System.Text.Json.Nodes;
using FlDurable.FunctionApp.Tests.Support;

namespace FlDurable.FunctionApp.Tests.Functions;

/// <summary>What whoever runs the app is told.</summary>
public sealed class ManualTests
{
    private static readonly JsonNode Host = JsonNode.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "host.json")))!;
    private static readonly string Manual = RepositoryFile.Text("azure.md");

    [Fact]
    public void Every_setting_of_host_json_that_bounds_the_app_is_in_the_manual_with_its_value()
    {
        Assert.Equal("01:00:00", (string?)Host["functionTimeout"]);
        Assert.Contains("| `functionTimeout` | one hour |", Manual, StringComparison.Ordinal);
        var durableTask = Host["extensions"]!["durableTask"]!;
        foreach (var setting in (string[])["maxConcurrentActivityFunctions", "maxConcurrentOrchestratorFunctions"])
            Assert.Contains($"| `{setting}` | {durableTask[setting]} |", Manual, StringComparison.Ordinal);
        var storage = durableTask["storageProvider"]!;
        Assert.Contains($"| `partitionCount` | {storage["partitionCount"]} |", Manual, StringComparison.Ordinal);
        Assert.Equal((string?)storage["controlQueueVisibilityTimeout"], (string?)storage["workItemQueueVisibilityTimeout"]);
        Assert.Contains(
            $"| `controlQueueVisibilityTimeout`, `workItemQueueVisibilityTimeout` | {storage["workItemQueueVisibilityTimeout"]} |", Manual, StringComparison.Ordinal);
        Assert.Contains($"| `Azure.Core` in `logLevel` | {Host["logging"]!["logLevel"]!["Azure.Core"]} |", Manual, StringComparison.Ordinal);
        Assert.Contains($"| `hubName` | `{durableTask["hubName"]}` |", Manual, StringComparison.Ordinal);
        Assert.Contains($"| `routePrefix` | `{Host["extensions"]!["http"]!["routePrefix"]}` |", Manual, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_README_has_one_do_is_what_CI_does()
    {
        var commands = RepositoryFile.Text("README.md").ReplaceLineEndings("\n").Split("<!-- functions -->\n```sh\n")[1].Split("\n```")[0].Split('\n');
        var workflow = RepositoryFile.Text("ci.yml");
        var script = RepositoryFile.Text("function-app");

        Assert.Equal(4, commands.Length);
        Assert.StartsWith("azurite --silent --skipApiVersionCheck --location ", commands[0], StringComparison.Ordinal);
        Assert.Contains($"- run: {commands[1]}\n", workflow, StringComparison.Ordinal);
        Assert.Contains($"- run: {commands[2]}\n", workflow, StringComparison.Ordinal);
        Assert.Equal("(cd artifacts/bin/FunctionApp/release && func start)", commands[3]);
        Assert.Contains("(cd artifacts/bin/FunctionApp/release && exec func start ", script, StringComparison.Ordinal);
    }

    [Fact]
    public void CI_runs_a_federation_on_the_app()
    {
        var workflow = RepositoryFile.Text("ci.yml");
        foreach (var command in (string[])[".ci/run", ".ci/function-app"])
            Assert.Contains($"- run: {command}\n", workflow, StringComparison.Ordinal);
    }
}
