using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FlDurable.EndToEnd.Support;

/// <summary>One <c>fldurable</c> as a process of its own.</summary>
internal sealed partial class FlDurableProcess : IAsyncDisposable
{
    /// <summary>Turns a hang into a failure; nothing is expected to take as long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(2);

    private readonly Process process;
    private readonly ProcessLines output;
    private readonly ProcessLines error;

    private FlDurableProcess(Process process)
    {
        this.process = process;
        output = new ProcessLines(process.StandardOutput);
        error = new ProcessLines(process.StandardError);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static FlDurableProcess Start(TestFolders folders, params string[] arguments) =>
        Start(folders, new ProcessStartInfo("dotnet", CommandLine(arguments)));

    /// <summary>Starts one with more in its environment.</summary>
    public static FlDurableProcess Start(TestFolders folders, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", CommandLine(arguments));
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Start(folders, start);
    }

    /// <summary>Starts one from a shell that has prepared something before, and becomes it with <c>exec "$@"</c>.</summary>
    /// <param name="folders">Where it keeps what it keeps.</param>
    /// <param name="preparation">Commands of a POSIX shell.</param>
    /// <param name="arguments">Its own.</param>
    public static FlDurableProcess StartInShell(TestFolders folders, string preparation, params string[] arguments) =>
        Start(folders, new ProcessStartInfo("sh", ["-c", preparation, "sh", "dotnet", .. CommandLine(arguments)]));

    private static string[] CommandLine(string[] arguments) => [Path.Combine(AppContext.BaseDirectory, "fldurable.dll"), .. arguments];

    private static FlDurableProcess Start(TestFolders folders, ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        start.Environment["FLDURABLE_STATE"] = folders.State;
        start.Environment["FLDURABLE_CACHE"] = folders.Cache;
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0"; // its memory is a file, which a limit on files would forbid
        return new FlDurableProcess(Process.Start(start)!);
    }

    /// <summary>Its id.</summary>
    public int Id => process.Id;

    /// <summary>What it has written to stderr by now.</summary>
    public string ErrorSoFar => error.Text;

    /// <summary>Waits for a line of stdout that begins so.</summary>
    public Task<string> WaitForOutputLineAsync(string beginning) => output.WaitForAsync(beginning, Patience, Cancellation);

    /// <summary>Waits for a line of stderr that begins so.</summary>
    public Task WaitForErrorLineAsync(string beginning) => error.WaitForAsync(beginning, Patience, Cancellation);

    /// <summary>Closes the end of stdout at which somebody reads.</summary>
    public void CloseOutput() => process.StandardOutput.Close();

    /// <summary>Waits until a file is there, as long as the process lives.</summary>
    public async Task WaitForFileAsync(Func<bool> isThere)
    {
        using var poll = new PeriodicTimer(PollInterval);
        for (var waited = Stopwatch.StartNew(); !isThere(); await poll.WaitForNextTickAsync(Cancellation))
        {
            if (process.HasExited || waited.Elapsed > Patience)
                throw new InvalidOperationException($"the file never came: {error.Text}");
        }
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(PosixSignal signal) => Send(NumberOf(signal));

    /// <summary>Sends what Ctrl-Z sends, SIGTSTP, by its number on Linux.</summary>
    public void Hold() => Send(20);

    /// <summary>Lets it stand still, whatever it does: SIGSTOP, by its number on Linux.</summary>
    public void StandStill() => Send(19);

    /// <summary>Sends what <c>fg</c> sends, SIGCONT, by its number on Linux.</summary>
    public void LetGoOn() => Send(18);

    private void Send(int signal)
    {
        if (Kill(process.Id, signal) != 0)
            throw new InvalidOperationException($"kill: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>The number that a signal has on every Unix.</summary>
    public static int NumberOf(PosixSignal signal) => signal switch
    {
        PosixSignal.SIGHUP => 1,
        PosixSignal.SIGINT => 2,
        PosixSignal.SIGTERM => 15,
        _ => throw new ArgumentOutOfRangeException(nameof(signal)),
    };

    /// <summary>Ends it with SIGKILL after a time, unless it has ended by itself.</summary>
    /// <returns>Whether it was killed.</returns>
    public async Task<bool> KillAfterAsync(TimeSpan time)
    {
        var ended = process.WaitForExitAsync(Cancellation);
        if (await Task.WhenAny(ended, Task.Delay(time, Cancellation)) == ended)
            return false;
        await KillAsync();
        return true;
    }

    /// <summary>Ends it with SIGKILL.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await EndAsync();
    }

    /// <summary>Waits for its end.</summary>
    public async Task<ProcessEnd> EndAsync()
    {
        await process.WaitForExitAsync(Cancellation).WaitAsync(Patience, Cancellation);
        return new ProcessEnd(process.ExitCode, await output.AllAsync(), await error.AllAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        await output.AllAsync();
        await error.AllAsync();
        process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);
}

/// <summary>How a process ended.</summary>
internal sealed record ProcessEnd(int ExitCode, string Output, string Error);
