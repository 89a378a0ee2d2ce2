using System.Collections.Concurrent;
using System.Diagnostics;

namespace FlDurable.Bench.Workers;

/// <summary>A <see cref="BenchProgram"/> as a process of its own, which ends with this object.</summary>
internal sealed class ProgramProcess : IAsyncDisposable
{
    private const int LinesKept = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly Process process;
    private readonly ConcurrentQueue<string> lines = new();
    private readonly TaskCompletionSource<string> line = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string awaited;

    private ProgramProcess(Process process, string awaited)
    {
        this.process = process;
        this.awaited = awaited;
        process.OutputDataReceived += (_, written) => Take(written.Data);
        process.ErrorDataReceived += (_, written) => Take(written.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The processor time that it has used so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            process.Refresh();
            return process.TotalProcessorTime;
        }
    }

    /// <summary>Its memory that is resident now, in bytes.</summary>
    public long ResidentBytes
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Starts one.</summary>
    /// <param name="cache">Its cache of data sets.</param>
    /// <param name="awaited">What the line has that it writes once it is ready.</param>
    /// <param name="arguments">The command line.</param>
    public static ProgramProcess Start(string cache, string awaited, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(BenchProgram).Assembly.Location, BenchProgram.Word, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["FLDURABLE_CACHE"] = cache;
        return new ProgramProcess(Process.Start(start)!, awaited);
    }

    /// <summary>Waits until it is ready.</summary>
    /// <returns>The line that says so.</returns>
    /// <exception cref="InvalidOperationException">It has ended.</exception>
    /// <exception cref="TimeoutException">It does not say so.</exception>
    public Task<string> ReadyAsync(CancellationToken cancellationToken) => line.Task.WaitAsync(Patience, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }

    private void Take(string? written)
    {
        if (written is null)
        {
            line.TrySetException(new InvalidOperationException($"the process has ended:\n{string.Join('\n', lines)}"));
            return;
        }

        lines.Enqueue(written);
        if (lines.Count > LinesKept)
            lines.TryDequeue(out _);
        if (written.Contains(awaited, StringComparison.Ordinal))
            line.TrySetResult(written);
    }
}
