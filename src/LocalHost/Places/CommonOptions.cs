using System.CommandLine;
using FlDurable.LocalHost.CommandLine;
using FlDurable.LocalHost.Display;
using FlDurable.Shared.Storage;
using Microsoft.Extensions.Logging;

namespace FlDurable.LocalHost.Places;

/// <summary>The options that every command has.</summary>
internal static class CommonOptions
{
    public static Option<string?> State { get; } = new("--state")
    {
        HelpName = "DIR",
        Recursive = true,
        Description = $"The folder that keeps federations. Default: ${Places.StateFolder.Variable}, else fldurable in $XDG_DATA_HOME or ~/.local/share.",
    };

    public static Option<string?> Storage { get; } = new("--storage")
    {
        HelpName = "CONNECTION",
        Recursive = true,
        Description = "Keep artifacts in blob storage: UseDevelopmentStorage=true (Azurite), a connection string, with ;Container=NAME if wanted, or the https URL of an account or "
            + $"container. Default: ${StorageConnection.Variable}, else the state folder.",
    };

    public static Option<string?> Hub { get; } = new("--hub")
    {
        HelpName = "NAME",
        Recursive = true,
        Description = $"Use a task hub that the nodes of a cluster share, in the account of --storage or the database of --sql. Default: ${NamedHub.Variable}, else an engine of this process's own.",
    };

    public static Option<string?> Sql { get; } = new("--sql")
    {
        HelpName = "CONNECTION",
        Recursive = true,
        Description = $"The database of SQL Server that has the task hub; artifacts are in --storage, or in --state, which all nodes then share. Default: ${NamedHub.DatabaseVariable}.",
    };

    public static Option<bool> Verbose { get; } = new("--verbose")
    {
        Recursive = true,
        Description = "Log more than warnings, to stderr: as --log-level information.",
    };

    public static Option<LogLevel?> LeastLogLevel { get; } = Common(WordOption.Create<LogLevel>(
        "--log-level",
        "Log what is of this level and above, to stderr; below information also what is not FlDurable's own. Default: information for serve, node and work, else warning."));

    public static Option<LogFormat?> LogFormat { get; } = Common(WordOption.Create<LogFormat>(
        "--log-format", "How a line of the log looks: text for a person, or json, an object a line, for a program. Default: text."));

    public static Option<bool> Quiet { get; } = new("--quiet", "-q")
    {
        Recursive = true,
        Description = "Tell nothing of how it goes: stdout has the result alone, stderr what is wrong; list writes ids alone.",
    };

    private const int MaxParallelism = 256;

    /// <summary>How many activities run at a time, for commands that have an engine.</summary>
    public static Option<int?> Parallel() => WholeNumberOption.Create("--parallel", "Activities at a time. Default: one a core.", 1, MaxParallelism);

    /// <summary>What <see cref="Parallel"/> was given, or the default.</summary>
    public static int ParallelismOf(int? given) => given ?? Math.Min(Environment.ProcessorCount, MaxParallelism);

    /// <summary>What is logged, and how.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="usual">The least level where none is given.</param>
    public static LogSettings Logs(this ParseResult parsed, LogLevel usual = LogLevel.Warning) => new(
        parsed.GetValue(LeastLogLevel) ?? (parsed.GetValue(Verbose) ? LogLevel.Information : parsed.GetValue(Quiet) ? LogLevel.Warning : usual), parsed.GetValue(LogFormat) ?? Display.LogFormat.Text);

    /// <summary>The state folder, storage and task hub that a command line names, or the defaults.</summary>
    /// <exception cref="UsageException">The folder is a file, it is not said where the hub is, or a variable of the environment has no accounts.</exception>
    public static StateFolder StateFolder(this ParseResult parsed)
    {
        Func<string, string?> environment = Environment.GetEnvironmentVariable;
        var folder = Places.StateFolder.Of(parsed.GetValue(State), environment);
        if (File.Exists(folder.Path))
            throw new UsageException($"the state folder '{folder.Path}' is a file; expected a folder, or a place for one");
        var storage = StorageConnection.Of(parsed.GetValue(Storage), environment);
        return folder with
        {
            Storage = storage,
            Hub = NamedHub.Of(parsed.GetValue(Hub), parsed.GetValue(Sql), storage, environment),
            Accounts = Accounts(environment(ArtifactAccounts.Variable)),
        };
    }

    private static Option<T> Common<T>(Option<T> option)
    {
        option.Recursive = true;
        return option;
    }

    private static ArtifactAccounts Accounts(string? json)
    {
        try
        {
            return ArtifactAccounts.Parse(json);
        }
        catch (ArtifactStoreException exception)
        {
            throw new UsageException($"{ArtifactAccounts.Variable}: {exception.Message}", exception);
        }
    }
}
