using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.Run;

/// <summary>Hostile clients from the command line.</summary>
public sealed class AttackedRunTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task A_backdoor_is_shown_in_every_line_and_table_and_who_is_hostile_is_named()
    {
        var run = await workplace.RunFederationAsync("--id", "fed", "--attack", "backdoor", "--attack-option", "named=client-1", "--attack-option", "factor=2");

        Assert.Equal(ExitCode.Done, run.ExitCode);
        Assert.Contains(run.OutputLines, line => line.StartsWith("round 2/2", StringComparison.Ordinal) && line.Contains("  backdoor ", StringComparison.Ordinal));
        Assert.Contains(run.OutputLines, line => line == "round 0: attacked: 1 of 3 clients are hostile, backdoor: client-1");
        Assert.Contains("backdoor", (await workplace.RunAsync("status", "fed")).Output.Split("seconds")[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hostile_client_changes_what_comes_out_and_the_same_one_comes_to_the_same_bits()
    {
        var honest = await workplace.FinishFederationAsync("--id", "honest");
        var attacked = await workplace.FinishFederationAsync("--id", "attacked", "--attack", "alie", "--attack-option", "clients=1");
        var again = await workplace.FinishFederationAsync("--id", "again", "--attack", "alie", "--attack-option", "clients=1");

        Assert.NotEqual(honest.Model!.Sha256, attacked.Model!.Sha256);
        Assert.Equal(attacked.Model.Sha256, again.Model!.Sha256);
        Assert.All(attacked.Rounds, round => Assert.Null(round.Additional));
    }

    [Theory]
    [InlineData("signflip", "factor=0", "--attack-option factor: expected above 0 to 1000000, got 0")]
    [InlineData("backdoor", "target=10", "attack-option target: expected 0 to 9, the labels of the data, got 10")]
    [InlineData("mimic", "named=client-3", "--attack-option named: expected clients from client-0 to client-2, got client-3")]
    public async Task Bad_input_is_named_by_its_option(string attack, string option, string error)
    {
        string[] clients = option.StartsWith("named", StringComparison.Ordinal) ? [] : ["--attack-option", "clients=1"];
        var run = await workplace.RunFederationAsync(["--id", "fed", "--attack", attack, "--attack-option", option, .. clients]);

        Assert.Equal(ExitCode.BadUsage, run.ExitCode);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
    }
}
