using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>What a shell completes.</summary>
public sealed class CompletionTests : IDisposable
{
    private readonly TestFolders folders = new();

    public void Dispose() => folders.Dispose();

    [Theory]
    [InlineData("ter", "terminate")]
    [InlineData("run --strat", "--strategy", "--strategy-option")]
    [InlineData("run --strategy fed", "fedadam", "fedavg")]
    [InlineData("run --network ml", "mlp")]
    [InlineData("purge --a", "--all")]
    [InlineData("completion z", "zsh")]
    [InlineData("plot one --measure c", "clients")]
    [InlineData("list --status inter", "interrupted")]
    public async Task Commands_options_and_their_values_are_completed(string line, params string[] expected)
    {
        var end = await folders.RunAsync($"[suggest:{line.Length}]", line);

        Assert.Equal((0, ""), (end.ExitCode, end.Error));
        Assert.Superset(expected.ToHashSet(StringComparer.Ordinal), end.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal));
        Assert.False(Directory.Exists(folders.State));
    }

    [Fact]
    public async Task Bash_completes_by_what_is_written_for_it_also_federations()
    {
        Assert.Equal(0, (await folders.RunAsync("run", "--id", "ward-1", "--data", "synthetic:train=40,test=20", "--clients", "2", "--rounds", "1", "--quiet")).ExitCode);
        var script = (await folders.RunAsync("completion", "bash")).Output;
        Assert.SkipUnless((await folders.RunShellAsync("bash --version")).ExitCode == 0, "there is no bash");
        await File.WriteAllTextAsync(folders["complete.sh"], script, TestContext.Current.CancellationToken);
        var program = $"#!/bin/sh\nFLDURABLE_STATE='{folders.State}' exec dotnet '{Path.Combine(AppContext.BaseDirectory, "fldurable.dll")}' \"$@\"\n";
        await File.WriteAllTextAsync(folders["fldurable"], program, TestContext.Current.CancellationToken);

        Assert.Equal("ward-1", await CompleteAsync("status wa"));
        Assert.Equal("suspend", await CompleteAsync("susp"));

        async Task<string> CompleteAsync(string line)
        {
            var end = await folders.RunShellAsync(
                $$"""
                chmod +x fldurable; PATH=$PWD:$PATH; export PATH
                bash -c '. ./complete.sh; COMP_LINE="fldurable {{line}}"; COMP_POINT=${#COMP_LINE}; COMP_WORDS=(fldurable {{line}}); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _fldurable; echo "${COMPREPLY[@]}"'
                """);
            Assert.Equal((0, ""), (end.ExitCode, end.Error));
            return end.Output.Trim();
        }
    }

    [Fact]
    public async Task Quiet_leaves_the_result_alone()
    {
        var run = await folders.RunAsync("run", "--id", "one", "--data", "synthetic:train=40,test=20", "--clients", "2", "--rounds", "1", "-q");
        var list = await folders.RunAsync("list", "--quiet");
        var wrong = await folders.RunAsync("status", "none", "--quiet");

        Assert.Equal((0, ""), (run.ExitCode, run.Error));
        Assert.DoesNotContain("federation one", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("round 1/1", run.Output, StringComparison.Ordinal);
        Assert.Contains("model: SHA-256 ", run.Output, StringComparison.Ordinal);
        Assert.Equal((0, "one"), (list.ExitCode, list.Output.Trim()));
        Assert.Equal(2, wrong.ExitCode);
        Assert.Contains("there is no federation 'none'", wrong.Error, StringComparison.Ordinal);
    }
}
