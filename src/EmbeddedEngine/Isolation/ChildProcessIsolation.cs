using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using FlDurable.Shared.Contracts;
using FlDurable.Shared.Failures;

namespace FlDurable.EmbeddedEngine.Isolation;

/// <summary>
/// Runs each activity in a child process of its own, which <see cref="IsolatedActivity"/> serves. The child's standard input stays open as
/// long as this process lives; a child whose input ends, ends.
/// </summary>
/// <param name="program">What to start: a program that composes the host's activities and calls <see cref="IsolatedActivity"/>.</param>
public sealed class ChildProcessIsolation(Func<ProcessStartInfo> program) : IActivityIsolation
{
    // As shells and .NET count the exit of a process that a signal has ended.
    private const int SignalBase = 128;

    /// <inheritdoc/>
    public async Task<string> RunAsync(string activity, string input, CancellationToken cancellationToken)
    {
        using var child = Start();
        try
        {
            var output = child.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = child.StandardError.ReadToEndAsync(cancellationToken);
            await AskAsync(child, new ActivityRequest(activity, input), cancellationToken);
            await child.WaitForExitAsync(cancellationToken);
            await errors; // whoever doesn't read it blocks the child
            return Read(child, await output);
        }
        finally
        {
            if (!child.HasExited)
                child.Kill(entireProcessTree: true);
        }
    }

    private Process Start()
    {
        var start = program();
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new IOException($"'{start.FileName}' can't be started, to run an activity apart: {exception.Message}", exception);
        }
    }

    private static async Task AskAsync(Process child, ActivityRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await child.StandardInput.WriteLineAsync(ContractJson.Serialize(request).AsMemory(), cancellationToken);
            await child.StandardInput.FlushAsync(cancellationToken);
        }
        catch (IOException)
        {
            // It has died already; how, its exit code tells.
        }
    }

    private static string Read(Process child, string output)
    {
        if (child.ExitCode != 0)
            throw new ProcessDiedException(child.ExitCode > SignalBase ? $"signal {child.ExitCode - SignalBase}" : $"exit code {child.ExitCode}");
        var line = output.AsSpan().TrimEnd();
        line = line[(line.LastIndexOf('\n') + 1)..];
        try
        {
            var answer = ContractJson.Deserialize<ActivityAnswer>(line.ToString());
            return answer.Output ?? throw new KnownFailureException(answer.Failure!.Reason, answer.Failure.Kind);
        }
        catch (JsonException)
        {
            throw new ProcessDiedException("it ended without an answer");
        }
    }
}
