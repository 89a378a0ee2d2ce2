using System.CommandLine;
using FlDurable.LocalHost.Hosting;

namespace FlDurable.LocalHost.CommandLine;

/// <summary>The options that every command has.</summary>
internal static class CommonOptions
{
    public static Option<string?> State { get; } = new("--state")
    {
        HelpName = "DIR",
        Recursive = true,
        Description = $"The folder that keeps federations. Default: ${Hosting.StateFolder.Variable}, else fldurable in $XDG_DATA_HOME or ~/.local/share.",
    };

    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Recursive = true,
        Description = "Log more than warnings, to stderr.",
    };

    /// <summary>The state folder that a command line names, or the default.</summary>
    public static StateFolder StateFolder(this ParseResult parsed) => Hosting.StateFolder.Of(parsed.GetValue(State), Environment.GetEnvironmentVariable);
}
