using System.Formats.Tar;
using System.IO.Compression;
using System.Text.Json.Nodes;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>
/// State folders that earlier builds have left (<c>Releases</c>, made there by <c>make-state.sh</c>): a federation that is over, and one that was
/// killed in the middle of its third round.
/// </summary>
public sealed class ReleaseTests : IDisposable
{
    private readonly TestFolders folders = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task A_federation_that_an_earlier_build_began_goes_on_after_its_last_round_to_the_parameters_of_one_that_this_build_runs()
    {
        await UnpackAsync("version-4");
        var spec = folders["spec.json"];
        var begun = JsonNode.Parse(await File.ReadAllTextAsync(folders.Artifact("federations/begun/spec.json"), Cancel))!["spec"]!;
        begun.AsObject().Remove("id");
        await File.WriteAllTextAsync(spec, begun.ToJsonString(), Cancel);

        var goneOn = await folders.RunAsync("run", "--id", "begun", "--json");
        Assert.Contains("going on after round 2", goneOn.Error, StringComparison.Ordinal);
        var whole = await folders.RunAsync("run", spec, "--id", "whole", "--json");
        Assert.Equal(WithoutPlans(whole), WithoutPlans(goneOn));

        // What it had of the older version's children goes with it.
        Assert.Equal(0, (await folders.RunAsync("purge", "begun")).ExitCode);
        Assert.Equal(["over", "whole"], await IdsAsync());
    }

    [Fact]
    public async Task A_federation_that_an_earlier_build_ended_is_shown_exported_and_branched()
    {
        await UnpackAsync("version-4");
        Assert.Equal(["begun", "over"], await IdsAsync());
        var (status, exported, branched) = (
            await folders.RunAsync("status", "over", "--json"), await folders.RunAsync("export", "over", "--out", folders["model.safetensors"]),
            await folders.RunAsync("run", "--id", "branch", "--initial", "federations/over/rounds/000001/global.safetensors", "--data", "synthetic:train=24,test=8", "--clients", "4", "--rounds", "1", "--network", await NetworkAsync()));
        Assert.Equal("completed", (string?)JsonNode.Parse(status.Output)!["status"]);
        Assert.Equal((0, 0), (exported.ExitCode, branched.ExitCode));
    }

    /// <summary>A result, comparable: that build's records don't say what a round was planned with, when clients worked, nor how many bytes anything has.</summary>
    private static string WithoutPlans(ProcessEnd end)
    {
        var result = JsonNode.Parse(UninterruptedRun.Comparable(end))!;
        foreach (var round in result["rounds"]!.AsArray())
        {
            round!.AsObject().Remove("plan");
            round.AsObject().Remove("seal");
            round.AsObject().Remove("parametersBytes");
            foreach (var participant in round["participants"]!.AsArray())
            {
                participant!.AsObject().Remove("trained");
                participant.AsObject().Remove("evaluated");
                participant.AsObject().Remove("updateBytes");
            }
        }

        return result.ToJsonString();
    }

    private async Task UnpackAsync(string release)
    {
        await using var file = File.OpenRead(Path.Combine(AppContext.BaseDirectory, "Releases", $"{release}.tar.gz"));
        await using var archive = new GZipStream(file, CompressionMode.Decompress);
        Directory.CreateDirectory(folders.State);
        await TarFile.ExtractToDirectoryAsync(archive, folders.State, overwriteFiles: false, Cancel);
    }

    private async Task<string> NetworkAsync()
    {
        var spec = JsonNode.Parse(await File.ReadAllTextAsync(folders.Artifact("federations/over/spec.json"), Cancel))!["spec"]!;
        await File.WriteAllTextAsync(folders["network.json"], spec["network"]!.ToJsonString(), Cancel);
        return folders["network.json"];
    }

    private async Task<string[]> IdsAsync() =>
        [.. JsonNode.Parse((await folders.RunAsync("list", "--json")).Output)!.AsArray().Select(federation => (string)federation!["id"]!).Order(StringComparer.Ordinal)];
}
