using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Threading.Channels;

namespace FlDurable.EndToEnd.Support;

/// <summary>One <c>fldurable</c> as a process of its own.</summary>
internal sealed partial class FlDurableProcess : IAsyncDisposable
{
    /// <summary>Turns a hang into a failure; nothing is expected to take as long.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(2);

    private readonly Process process;
    private readonly Channel<string> errorLines = Channel.CreateUnbounded<string>();
    private readonly List<string> seen = [];
    private readonly Task<string> output;
    private readonly Task reading;

    private FlDurableProcess(Process process)
    {
        this.process = process;
        output = process.StandardOutput.ReadToEndAsync();
        reading = ReadErrorsAsync();
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static FlDurableProcess Start(TestFolders folders, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "fldurable.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["FLDURABLE_STATE"] = folders.State;
        start.Environment["FLDURABLE_CACHE"] = folders.Cache;
        return new FlDurableProcess(Process.Start(start)!);
    }

    /// <summary>Waits for a line of stderr that begins so.</summary>
    public async Task WaitForErrorLineAsync(string beginning)
    {
        while (true)
        {
            string line;
            try
            {
                line = await errorLines.Reader.ReadAsync(Cancellation).AsTask().WaitAsync(Patience, Cancellation);
            }
            catch (ChannelClosedException)
            {
                throw new InvalidOperationException($"the process ended before it said '{beginning}': {string.Join(" | ", seen)}");
            }

            if (line.StartsWith(beginning, StringComparison.Ordinal))
                return;
        }
    }

    /// <summary>Waits until a file is there, as long as the process lives.</summary>
    public async Task WaitForFileAsync(Func<bool> isThere)
    {
        using var poll = new PeriodicTimer(PollInterval);
        for (var waited = Stopwatch.StartNew(); !isThere(); await poll.WaitForNextTickAsync(Cancellation))
        {
            if (process.HasExited || waited.Elapsed > Patience)
                throw new InvalidOperationException($"the file never came: {string.Join(" | ", seen)}");
        }
    }

    /// <summary>Sends a signal.</summary>
    public void Signal(PosixSignal signal)
    {
        // The numbers that these two have on every Unix.
        if (Kill(process.Id, signal == PosixSignal.SIGINT ? 2 : 15) != 0)
            throw new InvalidOperationException($"kill: {Marshal.GetLastPInvokeErrorMessage()}");
    }

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
        await reading;
        return new ProcessEnd(process.ExitCode, await output, string.Join('\n', seen));
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        await reading;
        process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    private async Task ReadErrorsAsync()
    {
        while (await process.StandardError.ReadLineAsync(CancellationToken.None) is { } line)
        {
            seen.Add(line);
            errorLines.Writer.TryWrite(line);
        }

        errorLines.Writer.Complete();
    }
}

/// <summary>How a process ended.</summary>
internal sealed record ProcessEnd(int ExitCode, string Output, string Error);
