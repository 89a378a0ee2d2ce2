using FlDurable.LocalHost;
using FlDurable.LocalHost.Display;

namespace FlDurable.Api.Tests.Support;

/// <summary>Runs <c>fldurable</c> in this process.</summary>
internal static class CommandLine
{
    public static async Task<CommandRun> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        var exitCode = await RunAsync(output, error, cancellationToken, arguments);
        return new CommandRun(exitCode, output.ToString(), error.ToString());
    }

    public static Task<int> RunAsync(TextWriter output, TextWriter error, CancellationToken cancellationToken, params string[] arguments) =>
        FlDurableCommand.RunAsync(
            arguments, new Terminal(TextWriter.Synchronized(output), TextWriter.Synchronized(error), outputIsTerminal: false, errorIsTerminal: false),
            cancellationToken);
}

/// <summary>What a command did.</summary>
internal sealed record CommandRun(int ExitCode, string Output, string Error);
