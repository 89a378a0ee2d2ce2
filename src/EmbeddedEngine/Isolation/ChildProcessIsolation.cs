using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using FlDurable.Shared.Failures;
using FlDurable.Shared.Json;
using FlDurable.Shared.Texts;

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

    private const int MostLastWords = 300;

    /// <inheritdoc/>
    public async Task<string> RunAsync(string activity, string input, CancellationToken cancellationToken)
    {
        using var child = Start();
        try
        {
            var output = child.StandardOutput.ReadToEndAsync(cancellationToken);
            var lastWords = ReadLastWordsAsync(child.StandardError, cancellationToken);
            await AskAsync(child, new ActivityRequest(activity, input), cancellationToken);
            await child.WaitForExitAsync(cancellationToken);
            return Read(child, await output, await lastWords);
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

    /// <summary>
    /// Reads all, since whoever doesn't blocks the child, and keeps the last line that says something: the lines of a stack trace, which are
    /// indented, come after what it is about.
    /// </summary>
    private static async Task<string> ReadLastWordsAsync(StreamReader errors, CancellationToken cancellationToken)
    {
        var last = "";
        while (await errors.ReadLineAsync(cancellationToken) is { } line)
        {
            if (line.Length > 0 && !char.IsWhiteSpace(line[0]))
                last = line;
        }

        return Excerpt.Printable(last, MostLastWords);
    }

    private static string Read(Process child, string output, string lastWords)
    {
        if (child.ExitCode != 0)
        {
            var how = child.ExitCode > SignalBase ? $"signal {child.ExitCode - SignalBase}" : $"exit code {child.ExitCode}";
            throw new ProcessDiedException(how, lastWords);
        }

        var line = output.AsSpan().TrimEnd();
        line = line[(line.LastIndexOf('\n') + 1)..];
        try
        {
            var answer = ContractJson.Deserialize<ActivityAnswer>(line.ToString());
            return answer.Output ?? throw new KnownFailureException(answer.Failure!.Reason, answer.Failure.Kind);
        }
        catch (JsonException)
        {
            throw new ProcessDiedException("it ended without an answer", lastWords);
        }
    }
}
