using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Tests.Support;

namespace FlDurable.LocalHost.Tests.State;

/// <summary>Holding and ending federations by the command line.</summary>
public sealed class ControlCommandsTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task A_federation_is_held_let_go_and_ended()
    {
        await workplace.StopFederationAsync("one");

        foreach (var (command, status) in ((string, string)[])[("suspend", "suspended"), ("suspend", "suspended"), ("resume", "interrupted"), ("terminate", "terminated"), ("terminate", "terminated")])
        {
            var run = await workplace.RunAsync(command, "one", "--reason", "enough seen");

            Assert.Equal((ExitCode.Done, $"federation one: {status}"), (run.ExitCode, Assert.Single(run.OutputLines)));
        }

        Assert.Contains("failure: enough seen", (await workplace.RunAsync("status", "one")).OutputLines);
        foreach (var command in (string[])["suspend", "resume"])
        {
            var late = await workplace.RunAsync(command, "--id", "one");
            Assert.Equal(ExitCode.BadUsage, late.ExitCode);
            Assert.Contains("federation 'one' is terminated", Assert.Single(late.ErrorLines), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("suspend")]
    [InlineData("resume")]
    [InlineData("terminate")]
    public async Task One_that_is_not_there_is_named_and_no_folder_is_made(string command)
    {
        var unknown = await workplace.RunAsync(command, "none");
        var nameless = await workplace.RunAsync(command);
        var twice = await workplace.RunAsync(command, "one", "--id", "two");

        Assert.Equal((ExitCode.BadUsage, ExitCode.BadUsage, ExitCode.BadUsage), (unknown.ExitCode, nameless.ExitCode, twice.ExitCode));
        Assert.Contains("there is no federation 'none'", unknown.Error, StringComparison.Ordinal);
        Assert.Contains($"{command}: expected the ID of a federation", nameless.Error, StringComparison.Ordinal);
        Assert.Contains("given twice", twice.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(workplace.State));
    }
}
