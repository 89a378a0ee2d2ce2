using System.Text.Json;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.Run;

/// <summary>A new federation from a round of another, by the command line.</summary>
public sealed class BranchCommandTests : IDisposable
{
    private const string FirstRound = "federations/one/rounds/000001/global.safetensors";

    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Theory]
    [InlineData("one")]
    [InlineData("--id", "one")]
    public async Task A_branch_has_the_spec_of_its_parent_but_for_what_is_given(params string[] parent)
    {
        await workplace.FinishFederationAsync("--id", "one", "--batch-size", "16");

        var run = await workplace.RunAsync(["branch", .. parent, "--round", "1", "--new-id", "two", "--rounds", "1"]);
        var initial = await workplace.RunAsync("run", "--id", "three", "--initial", FirstRound, "--rounds", "1");

        Assert.True(run.ExitCode == ExitCode.Done, run.Error);
        Assert.True(initial.ExitCode == ExitCode.Done, initial.Error);
        var (branch, asked) = (SpecOf("two"), SpecOf("three"));
        Assert.Equal((FirstRound, 16, 1), (branch.GetProperty("initial").GetString(), branch.GetProperty("batchSize").GetInt32(), branch.GetProperty("rounds").GetInt32()));
        Assert.Equal(asked.GetRawText().Replace("\"three\"", "\"two\"", StringComparison.Ordinal), branch.GetRawText());
        Assert.Equal(ModelOf("three"), ModelOf("two"));
    }

    [Fact]
    public async Task The_same_branch_again_is_the_one_that_there_is_and_another_of_its_name_is_refused()
    {
        await workplace.FinishFederationAsync("--id", "one");
        string[] branch = ["branch", "one", "--new-id", "two", "--rounds", "1", "--round"];
        await workplace.RunAsync([.. branch, "1"]);
        var model = ModelOf("two");

        var again = await workplace.RunAsync([.. branch, "1"]);
        var other = await workplace.RunAsync([.. branch, "2"]);

        Assert.Equal((ExitCode.Done, ExitCode.BadUsage), (again.ExitCode, other.ExitCode));
        Assert.Contains("'two'", other.Error, StringComparison.Ordinal);
        Assert.Equal(model, ModelOf("two"));
    }

    [Theory]
    [InlineData("branch none --round 1", "there is no federation 'none'")]
    [InlineData("branch --round 1", "branch: expected the ID of a federation")]
    [InlineData("branch one", "branch: expected --round")]
    [InlineData("branch one --round 3", "--round: federation 'one' has rounds 0 to 2, got 3")]
    [InlineData("branch one --round 1 --new-id one", "--new-id: expected another name than 'one'")]
    [InlineData("branch one --round 1 --new-id a/b", "--new-id: expected")]
    [InlineData("branch one --round 1 --batch-size 0", "--batch-size: ")]
    [InlineData("branch one --round 1 --initial x", "--initial")]
    public async Task What_is_wrong_is_said_and_nothing_is_started(string line, string expected)
    {
        await workplace.FinishFederationAsync("--id", "one");

        var run = await workplace.RunAsync(line.Split(' '));

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Equal(["one"], Directory.EnumerateDirectories(Path.Combine(workplace.State, "artifacts", "federations")).Select(Path.GetFileName));
    }

    private JsonElement SpecOf(string id)
    {
        var spec = JsonElement.Parse(File.ReadAllBytes(FileOf(id, "spec.json")));
        return spec.GetProperty("spec");
    }

    private byte[] ModelOf(string id) => File.ReadAllBytes(FileOf(id, "model.safetensors"));

    private string FileOf(string id, string name) => Path.Combine(workplace.State, "artifacts", "federations", id, name);
}
