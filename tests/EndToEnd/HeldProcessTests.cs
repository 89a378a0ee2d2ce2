using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using FlDurable.EndToEnd.Support;

namespace FlDurable.EndToEnd;

/// <summary>Ctrl-Z and fg, which are SIGTSTP and SIGCONT.</summary>
public sealed class HeldProcessTests : IDisposable
{
    private readonly TestFolders folders = new();

    public void Dispose() => folders.Dispose();

    [Fact]
    public async Task A_run_that_is_held_shows_the_cursor_and_goes_on_when_it_is_let()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere a process's state is not in /proc");
        using var terminal = new PseudoTerminal();
        await using var run = folders.StartInShell(
            $"TERM=xterm; export TERM; exec \"$@\" < {terminal.Path} > {terminal.Path} 2>&1", [.. UninterruptedRun.Arguments("held", rounds: 100).Where(option => option != "--json")]);
        await run.WaitForFileAsync(() => !terminal.ShowsCursor);

        run.Hold();
        await run.WaitForFileAsync(() => StateOf(run.Id) == 'T' && terminal.ShowsCursor);

        run.LetGoOn();
        await run.WaitForFileAsync(() => StateOf(run.Id) != 'T' && !terminal.ShowsCursor);

        run.Signal(PosixSignal.SIGTERM);
        Assert.Equal(143, (await run.EndAsync()).ExitCode);
        Assert.True(terminal.ShowsCursor);
        Assert.Contains("To go on: fldurable run --id held", terminal.Drawn, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_run_that_stands_still_it_is_said_for_how_long_until_it_goes_on_and_of_one_that_was_killed_too()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere a process's state is not in /proc");
        await using var run = folders.Start(UninterruptedRun.Arguments("held", rounds: 1_000));
        await run.WaitForFileAsync(() => folders.RecordedRounds("held") > 1);
        Assert.Null(await SilenceAsync());

        run.StandStill();
        await WaitAsync(async () => await SilenceAsync() is not null);
        var (status, list) = (await folders.RunAsync("status", "held"), await folders.RunAsync("list"));
        Assert.Contains("federation held: running, no sign of life for ", status.Output, StringComparison.Ordinal);
        Assert.Contains($"does nothing (process {run.Id}, ", status.Output, StringComparison.Ordinal);
        Assert.Contains("running, no sign of life for ", list.Output, StringComparison.Ordinal);

        run.LetGoOn();
        await WaitAsync(async () => await SilenceAsync() is null);

        await run.KillAsync();
        await WaitAsync(async () => await SilenceAsync() is not null);
        Assert.Contains("federation held: interrupted, no sign of life for ", (await folders.RunAsync("status", "held")).Output, StringComparison.Ordinal);
    }

    private async Task<int?> SilenceAsync() =>
        (int?)JsonNode.Parse((await folders.RunAsync("status", "held", "--json")).Output)!["silentSeconds"];

    private static async Task WaitAsync(Func<Task<bool>> isSo)
    {
        for (var waited = Stopwatch.StartNew(); !await isSo();)
            Assert.True(waited.Elapsed < TimeSpan.FromMinutes(2), "it never was so");
    }

    [Fact]
    public async Task A_server_that_is_held_is_named_by_the_doctor_with_how_to_let_it_go_on()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "elsewhere a process's state is not in /proc");
        await using var server = folders.Start("serve", "--urls", "http://127.0.0.1:0");
        await server.WaitForOutputLineAsync("listening on");
        server.StandStill();
        await server.WaitForFileAsync(() => StateOf(server.Id) == 'T');

        var held = await folders.RunAsync("doctor", "--urls", "http://127.0.0.1:0");
        server.LetGoOn();
        var atWork = await folders.RunAsync("doctor", "--urls", "http://127.0.0.1:0");

        Assert.Equal((2, "fldurable: doctor: broken: lock"), (held.ExitCode, held.Error));
        Assert.Contains("broken  lock: the state folder is in use by a process that is held and does nothing (process ", held.Output, StringComparison.Ordinal);
        Assert.Contains($"kill -CONT {server.Id}", held.Output, StringComparison.Ordinal);
        Assert.Equal((0, ""), (atWork.ExitCode, atWork.Error));
        Assert.Contains($"note    lock: the state folder is in use (process {server.Id}, fldurable serve at ", atWork.Output, StringComparison.Ordinal);
    }

    private static char StateOf(int process)
    {
        var stat = File.ReadAllText($"/proc/{process}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }
}
